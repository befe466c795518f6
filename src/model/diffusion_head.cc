#include "model/diffusion_head.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "model/featurization.h"
#include "model/noise_level_embeddings.h"

namespace pleat::model {

using featurise::Batch;
using featurise::kAtomSlots;
using ops::Array;
using ops::Variance;
using random::Key;

namespace {

constexpr float kSigmaData = 16.0f;
constexpr float kGamma0 = 0.8f, kGammaMin = 1.0f, kNoiseScale = 1.003f, kStepScale = 1.5f;

using Vec3 = std::array<float, 3>;

float dot(const Vec3& a, const Vec3& b) { return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]; }

Vec3 normalised(const Vec3& v) {
  const float norm = std::max(1e-10f, std::sqrt(dot(v, v)));
  return {v[0] / norm, v[1] / norm, v[2] / norm};
}

// The index of an atom's coordinates in the reference's arrays [.., tokens, 24, 3], which decides its random
// numbers.
uint64_t dense_index(const AtomLayout& layout, size_t atom) {
  return (static_cast<uint64_t>(layout.token[atom]) * kAtomSlots + static_cast<uint64_t>(layout.slot[atom])) *
         3;
}

// Draws normals [A, 3] of sample s into `out` [S * A, 3], at the atoms' dense indices after `first`.
void draw_noise(const AtomLayout& layout, Key key, uint64_t first, int64_t s, Tensor<float>& out) {
  for (int64_t a = 0; a < layout.atoms; ++a)
    normals(key, first + dense_index(layout, static_cast<size_t>(a)), 3, &out(s * layout.atoms + a));
}

// A random rotation and translation (algorithm 19; `key` is the step's augmentation key), as a row of
// ops::Backend::augment's transforms.
void draw_transform(Key key, int64_t s, Tensor<float>& out) {
  int64_t column = 0;
  for (const Vec3& axis : random_rotation(split(key, 0)))
    for (const float x : axis) out(s, column++) = x;
  normals(split(key, 1), 0, 3, &out(s, column));
}

// Draws the random numbers of all samples' next step, and advances the keys.
struct StepDraws {
  Tensor<float> transforms, noise;
};
StepDraws draw_step(const AtomLayout& layout, std::vector<Key>& keys) {
  const auto samples = static_cast<int64_t>(keys.size());
  StepDraws draws{Tensor<float>({samples, 12}), Tensor<float>({samples * layout.atoms, 3})};
  for (int64_t s = 0; s < samples; ++s) {
    Key& key = keys[static_cast<size_t>(s)];
    draw_transform(split(key, 2), s, draws.transforms);
    draw_noise(layout, split(key, 1), 0, s, draws.noise);
    key = split(key, 0);
  }
  return draws;
}

// The numbers of a step from noise level `previous` to `level`. raised: the level at which the network runs.
struct StepLevels {
  float raised = 0;
  Tensor<float> values{Shape{1, ops::kStepNumbers}};
};
StepLevels step_levels(float previous, float level) {
  StepLevels out;
  const float gamma = level > kGammaMin ? kGamma0 : 0.0f;
  const float raised = out.raised = previous * (1.0f + gamma);
  // Fused as in the reference on CPU. When gamma is 0 the result is the rounding error of previous^2, not
  // 0; the noise of about 1e-4 Angstrom that follows is part of the reference's numbers.
  const float added_variance = std::fma(raised, raised, -(previous * previous));
  const float variance = raised * raised + kSigmaData * kSigmaData;
  out.values[ops::kNoiseScale] = kNoiseScale * std::sqrt(std::max(added_variance, 0.0f));
  out.values[ops::kInputScale] = 1.0f / std::sqrt(variance);
  out.values[ops::kKeep] = kSigmaData * kSigmaData / variance;
  out.values[ops::kChange] = raised * kSigmaData / std::sqrt(variance);
  out.values[ops::kNoiseLevel] = raised;
  out.values[ops::kStepSize] = kStepScale * (level - raised);
  return out;
}

}  // namespace

std::vector<float> noise_levels(int steps) {
  constexpr double kMax = 160.0, kMin = 0.0004;
  constexpr int kExponent = 7;
  const double high = std::pow(kMax, 1.0 / kExponent), low = std::pow(kMin, 1.0 / kExponent);
  std::vector<float> levels;
  for (int i = 0; i <= steps; ++i) {
    const float t = static_cast<float>(i) / static_cast<float>(steps);
    const float base = static_cast<float>(high) + t * static_cast<float>(low - high);
    const float square = base * base;
    levels.push_back(kSigmaData * (base * square * (square * square)));
  }
  return levels;
}

std::array<Vec3, 3> random_rotation(Key key) {
  float draws[6];
  normals(key, 0, 6, draws);
  const Vec3 e0 = normalised({draws[0], draws[1], draws[2]});
  Vec3 v1 = {draws[3], draws[4], draws[5]};
  const float along = dot(v1, e0);
  for (size_t c = 0; c < 3; ++c) v1[c] -= e0[c] * along;
  const Vec3 e1 = normalised(v1);
  const Vec3 e2 = {e0[1] * e1[2] - e0[2] * e1[1], e0[2] * e1[0] - e0[0] * e1[2],
                   e0[0] * e1[1] - e0[1] * e1[0]};
  return {e0, e1, e2};
}

DiffusionHead::DiffusionHead(const ParameterReader& diffuser)
    : atoms_(diffuser.in("~/diffusion_head")), transformer_(diffuser.in("~/diffusion_head")) {
  const ParameterReader head = diffuser.in("~/diffusion_head");
  pair_cond_initial_norm_ = head.layer_norm("pair_cond_initial_norm", Variance::slow);
  single_cond_initial_norm_ = head.layer_norm("single_cond_initial_norm", Variance::slow);
  noise_embedding_initial_norm_ = head.layer_norm("noise_embedding_initial_norm", Variance::slow);
  pair_cond_initial_projection_ = head.linear("pair_cond_initial_projection");
  single_cond_initial_projection_ = head.linear("single_cond_initial_projection");
  noise_embedding_initial_projection_ = head.linear("noise_embedding_initial_projection");
  for (const char* k : {"0", "1"}) {
    pair_transitions_.push_back(unconditioned_transition(head.prefixed(std::string("pair_transition_") + k)));
    single_transitions_.push_back(
        unconditioned_transition(head.prefixed(std::string("single_transition_") + k)));
  }
  single_cond_embedding_norm_ = head.layer_norm("single_cond_embedding_norm", Variance::slow);
  single_cond_embedding_projection_ = head.linear("single_cond_embedding_projection");
  output_norm_ = head.layer_norm("output_norm", Variance::slow);
}

// LN([pair, relative encoding]) W, then two transitions, in the type of the trunk's pair.
Array DiffusionHead::condition_pair(ops::Backend& ops, const Batch& batch, const Array& pair) const {
  Array out = ops.make(pair.rows(), pair_cond_initial_projection_.cols(), pair.type());
  ops.relative_norm_linear(pair, ops.upload(token_identities(batch)), pair_cond_initial_norm_,
                           pair_cond_initial_projection_, out);
  for (const ops::Transition& transition : pair_transitions_) ops.transition(transition, out);
  return out;
}

// LN([single, target_feat]) W.
Array DiffusionHead::condition_single(ops::Backend& ops, const Trunk& trunk) const {
  return ops.norm_linear(ops.concatenate(trunk.single, trunk.target_feat), single_cond_initial_norm_,
                         single_cond_initial_projection_);
}

DiffusionHead::Prepared DiffusionHead::prepare(ops::Backend& ops, const Batch& batch,
                                               const AtomLayout& layout, const Trunk& trunk,
                                               bool keep_pair_logits) const {
  Array pair = condition_pair(ops, batch, trunk.pair);
  Prepared out;
  out.atoms = atoms_.prepare(ops, batch, layout, trunk.single, pair);
  out.pair_logits = transformer_.pair_logits(ops, std::move(pair), keep_pair_logits);
  out.single = condition_single(ops, trunk);
  return out;
}

// s = single + W LN(Fourier embedding of the level), then two transitions.
Array DiffusionHead::condition_noise(ops::Backend& ops, const Prepared& prepared,
                                     const StepInputs& step) const {
  const Array noise = ops.norm_linear(step.level_embedding, noise_embedding_initial_norm_,
                                      noise_embedding_initial_projection_);
  Array s = ops.repeat(noise, prepared.single.rows());
  ops.add(prepared.single, s);
  for (const ops::Transition& transition : single_transitions_) ops.transition(transition, s);
  return s;
}

Array DiffusionHead::position_update(ops::Backend& ops, const Prepared& prepared, const StepInputs& step,
                                     const Array& positions) const {
  const Array s = condition_noise(ops, prepared, step);
  auto [skip, act] = atoms_.encode(ops, prepared.atoms, ops.network_input(step.numbers, positions));
  ops.add_to_each(ops.norm_linear(s, single_cond_embedding_norm_, single_cond_embedding_projection_), act);
  transformer_(ops, s, prepared.pair_logits, act);
  ops.norm_in_place(output_norm_, act);
  return atoms_.decode(ops, prepared.atoms, act, skip);
}

Array DiffusionHead::sample(ops::Backend& ops, const Batch& batch, const AtomLayout& layout,
                            const Trunk& trunk, Key key, std::span<const int> samples, int steps,
                            bool keep_pair_logits, const std::function<void(int)>& after_step) const {
  const std::vector<float> levels = noise_levels(steps);
  const Key noise_key = split(key, 1);
  std::vector<Key> keys;
  for (const int s : samples) keys.push_back(split(split(key, 0), static_cast<uint32_t>(s)));
  // The bucket matters here: the first noise of sample s comes after that of s padded structures.
  const auto dense = static_cast<uint64_t>(batch.bucket) * kAtomSlots * 3;
  Tensor<float> start({static_cast<int64_t>(samples.size()) * layout.atoms, 3});
  for (size_t i = 0; i < samples.size(); ++i)
    draw_noise(layout, noise_key, static_cast<uint64_t>(samples[i]) * dense, static_cast<int64_t>(i), start);
  Array positions = ops.scale(levels[0], ops.upload(start));

  const Prepared prepared = prepare(ops, batch, layout, trunk, keep_pair_logits);
  const auto samples_count = static_cast<int64_t>(samples.size());
  StepInputs inputs{
      ops.make(samples_count, 12, ops::Type::float32), ops.make(positions.rows(), 3, ops::Type::float32),
      ops.make(1, kNoiseFeatures, ops::Type::float32), ops.make(1, ops::kStepNumbers, ops::Type::float32)};
  const std::unique_ptr<ops::Replay> step = ops.replayed([&] {
    ops.augment(inputs.transforms, inputs.noise, inputs.numbers, positions);
    ops.sampler_update(position_update(ops, prepared, inputs, positions), inputs.numbers, positions);
  });
  after_step(0);
  for (int i = 1; i <= steps; ++i) {
    const StepLevels numbers =
        step_levels(levels[static_cast<size_t>(i - 1)], levels[static_cast<size_t>(i)]);
    const StepDraws draws = draw_step(layout, keys);
    ops.update(draws.transforms, inputs.transforms);
    ops.update(draws.noise, inputs.noise);
    ops.update(noise_embedding(numbers.raised, kSigmaData), inputs.level_embedding);
    ops.update(numbers.values, inputs.numbers);
    step->run();
    after_step(i);
  }
  return positions;
}

}  // namespace pleat::model
