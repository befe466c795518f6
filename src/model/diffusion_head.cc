#include "model/diffusion_head.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "model/featurization.h"
#include "model/noise_level_embeddings.h"

namespace pleat {
namespace {

constexpr float kSigmaData = 16.0f;
constexpr float kGamma0 = 0.8f, kGammaMin = 1.0f, kNoiseScale = 1.003f, kStepScale = 1.5f;

using Vec3 = std::array<float, 3>;

float dot(const Vec3& a, const Vec3& b) { return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]; }

Vec3 normalised(const Vec3& v) {
  const float norm = std::max(1e-10f, std::sqrt(dot(v, v)));
  return {v[0] / norm, v[1] / norm, v[2] / norm};
}

// The place of an atom's coordinates in the reference's arrays [.., tokens, 24, 3], where random numbers are
// drawn.
uint64_t dense_index(const AtomLayout& layout, int64_t atom) {
  return (static_cast<uint64_t>(layout.token[static_cast<size_t>(atom)]) * featurise::kAtomSlots +
          static_cast<uint64_t>(layout.slot[static_cast<size_t>(atom)])) *
         3;
}

// x(a) += scale * normal, drawn at the atoms' dense places from `first` on.
void add_noise(const AtomLayout& layout, random::Key key, uint64_t first, float scale, Mat x) {
  for (int64_t a = 0; a < layout.atoms; ++a) {
    float draw[3];
    random::normals(key, first + dense_index(layout, a), 3, draw);
    for (int64_t c = 0; c < 3; ++c) x.row(a)[c] += scale * draw[c];
  }
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

std::array<Vec3, 3> random_rotation(random::Key key) {
  float draws[6];
  random::normals(key, 0, 6, draws);
  const Vec3 e0 = normalised({draws[0], draws[1], draws[2]});
  Vec3 v1 = {draws[3], draws[4], draws[5]};
  const float along = dot(v1, e0);
  for (size_t c = 0; c < 3; ++c) v1[c] -= e0[c] * along;
  const Vec3 e1 = normalised(v1);
  const Vec3 e2 = {e0[1] * e1[2] - e0[2] * e1[1], e0[2] * e1[0] - e0[0] * e1[2],
                   e0[0] * e1[1] - e0[1] * e1[0]};
  return {e0, e1, e2};
}

void random_augmentation(random::Key key, Mat positions) {
  Vec3 centre{};
  for (int64_t a = 0; a < positions.rows; ++a)
    for (size_t c = 0; c < 3; ++c) centre[c] += positions.row(a)[c];
  for (float& c : centre) c /= std::max(static_cast<float>(positions.rows), 1e-6f);

  const auto [e0, e1, e2] = random_rotation(random::split(key, 0));
  float shift[3];
  random::normals(random::split(key, 1), 0, 3, shift);
  for (int64_t a = 0; a < positions.rows; ++a) {
    float* x = positions.row(a);
    const Vec3 p = {x[0] - centre[0], x[1] - centre[1], x[2] - centre[2]};
    for (size_t j = 0; j < 3; ++j) x[j] = p[0] * e0[j] + p[1] * e1[j] + p[2] * e2[j] + shift[j];
  }
}

DiffusionHead::DiffusionHead(const ParameterReader& diffuser)
    : atoms_(diffuser.in("~/diffusion_head")), transformer_(diffuser.in("~/diffusion_head")) {
  const ParameterReader head = diffuser.in("~/diffusion_head");
  pair_cond_initial_norm_ = head.layer_norm("pair_cond_initial_norm");
  single_cond_initial_norm_ = head.layer_norm("single_cond_initial_norm");
  noise_embedding_initial_norm_ = head.layer_norm("noise_embedding_initial_norm");
  pair_cond_initial_projection_ = head.linear("pair_cond_initial_projection");
  single_cond_initial_projection_ = head.linear("single_cond_initial_projection");
  noise_embedding_initial_projection_ = head.linear("noise_embedding_initial_projection");
  for (const char* k : {"0", "1"}) {
    pair_transitions_.emplace_back(head.prefixed(std::string("pair_transition_") + k));
    single_transitions_.emplace_back(head.prefixed(std::string("single_transition_") + k));
  }
  single_cond_embedding_norm_ = head.layer_norm("single_cond_embedding_norm");
  single_cond_embedding_projection_ = head.linear("single_cond_embedding_projection");
  output_norm_ = head.layer_norm("output_norm");
}

// In the trunk pair's storage.
StoredTensor DiffusionHead::condition_pair(const Context& context, const featurise::Batch& batch,
                                           ConstStoredMat pair) const {
  StoredTensor out(pair.rows, pair_cond_initial_projection_.cols(), pair.storage);
  context.for_each(batch.tokens, [&](int64_t i, Scratch scratch) {
    const Mat x = scratch.take(batch.tokens, pair.cols + kRelativeFeatures);
    copy(pair.rows_at(i * batch.tokens, batch.tokens), x.cols_at(0, pair.cols));
    for (int64_t j = 0; j < batch.tokens; ++j) {
      float* features = x.row(j) + pair.cols;
      std::fill_n(features, kRelativeFeatures, 0.0f);
      const RelativeEncoding r = relative_encoding(batch, i, j);
      features[r.residue] = features[r.token] = features[r.chain] = 1.0f;
      if (r.entity) features[kSameEntityFeature] = 1.0f;
    }
    pair_cond_initial_norm_(x, Variance::slow, x);
    const Mat y = scratch.take(batch.tokens, pair_cond_initial_projection_.cols());
    gemm(x, pair_cond_initial_projection_, y);
    copy(y, out.view().rows_at(i * batch.tokens, batch.tokens));
  });
  for (const PlainTransition& transition : pair_transitions_) transition(context, out.view());
  return out;
}

Tensor<float> DiffusionHead::condition_single(const Context& context, const Trunk& trunk) const {
  const int64_t tokens = trunk.single.rows;
  auto out = Tensor<float>::uninitialised({tokens, single_cond_initial_projection_.cols()});
  context.for_row_blocks(tokens, [&](int64_t first, int64_t count, Scratch scratch) {
    const Mat x = scratch.take(count, trunk.single.cols + trunk.target_feat.cols);
    copy(trunk.single.rows_at(first, count), x.cols_at(0, trunk.single.cols));
    copy(trunk.target_feat.rows_at(first, count), x.cols_at(trunk.single.cols, trunk.target_feat.cols));
    single_cond_initial_norm_(x, Variance::slow, x);
    gemm(x, single_cond_initial_projection_, matrix(out).rows_at(first, count));
  });
  return out;
}

DiffusionHead::Prepared DiffusionHead::prepare(const Context& context, const featurise::Batch& batch,
                                               const AtomLayout& layout, const Trunk& trunk,
                                               bool keep_pair_logits) const {
  StoredTensor pair = condition_pair(context, batch, trunk.pair);
  Prepared out;
  out.atoms = atoms_.prepare(context, batch, layout, trunk.single, pair.view());
  out.pair_logits = transformer_.pair_logits(context, std::move(pair), keep_pair_logits);
  out.single = condition_single(context, trunk);
  return out;
}

void DiffusionHead::condition_noise(const Context& context, const Prepared& prepared, float noise_level,
                                    Mat s) const {
  Tensor<float> noise = noise_embedding(noise_level, kSigmaData);
  noise.reshape({1, noise.size()});
  noise_embedding_initial_norm_(matrix(noise), Variance::slow, matrix(noise));
  Tensor<float> row({1, s.cols});
  gemm(matrix(noise), noise_embedding_initial_projection_, matrix(row));
  copy(matrix(prepared.single), s);
  add_row(row.data(), s);
  for (const PlainTransition& transition : single_transitions_) transition(context, s);
}

void DiffusionHead::denoise(const Context& context, const AtomLayout& layout, const Prepared& prepared,
                            float noise_level, ConstMat x, Mat denoised) const {
  Context::Scope scope(context);
  const int64_t tokens = prepared.single.dim(0), samples = x.rows / layout.atoms;
  const float variance = noise_level * noise_level + kSigmaData * kSigmaData;
  const Mat scaled = scope.take(x.rows, 3), update = scope.take(x.rows, 3);
  copy(x, scaled);
  multiply(1.0f / std::sqrt(variance), scaled);

  const Mat s = scope.take(tokens, prepared.single.dim(1)),
            embedded = scope.take(tokens, atoms_.token_channels());
  condition_noise(context, prepared, noise_level, s);
  context.for_row_blocks(tokens, [&](int64_t first, int64_t count, Scratch scratch) {
    const Mat n = scratch.take(count, s.cols);
    single_cond_embedding_norm_(s.rows_at(first, count), Variance::slow, n);
    gemm(n, single_cond_embedding_projection_, embedded.rows_at(first, count));
  });

  const Mat skip = scope.take(x.rows, atoms_.atom_channels()),
            act = scope.take(samples * tokens, embedded.cols);
  atoms_.encode(context, layout, prepared.atoms, scaled, skip, act);
  context.for_each(samples, [&](int64_t k, Scratch) { add(embedded, act.rows_at(k * tokens, tokens)); });
  transformer_(context, s, prepared.pair_logits, act);
  context.for_row_blocks(act.rows, [&](int64_t first, int64_t count, Scratch) {
    const Mat rows = act.rows_at(first, count);
    output_norm_(rows, Variance::slow, rows);
  });
  atoms_.decode(context, layout, prepared.atoms, act, skip, update);

  const float keep = kSigmaData * kSigmaData / variance,
              change = noise_level * kSigmaData / std::sqrt(variance);
  for (int64_t r = 0; r < x.rows; ++r)
    for (int64_t c = 0; c < 3; ++c) denoised.row(r)[c] = keep * x.row(r)[c] + change * update.row(r)[c];
}

Tensor<float> DiffusionHead::sample(const Context& context, const featurise::Batch& batch,
                                    const AtomLayout& layout, const Trunk& trunk, random::Key key,
                                    int samples, int steps, bool keep_pair_logits,
                                    const std::function<void(int)>& after_step) const {
  const Prepared prepared = prepare(context, batch, layout, trunk, keep_pair_logits);
  const std::vector<float> levels = noise_levels(steps);
  const int64_t atoms = layout.atoms;
  Tensor<float> positions({samples * atoms, 3});
  auto denoised = Tensor<float>::uninitialised({samples * atoms, 3});
  const auto sample_of = [&](int64_t s) { return matrix(positions).rows_at(s * atoms, atoms); };
  const auto per_sample = [&](const std::function<void(int64_t)>& body) {
    context.for_each(samples, [&](int64_t s, Scratch) { body(s); });
  };

  std::vector<random::Key> keys;
  for (int s = 0; s < samples; ++s)
    keys.push_back(random::split(random::split(key, 0), static_cast<uint32_t>(s)));
  const random::Key noise_key = random::split(key, 1);
  // The bucket enters here: the first noise of sample s is drawn after those of s padded structures.
  const auto dense = static_cast<uint64_t>(batch.bucket) * featurise::kAtomSlots * 3;
  per_sample([&](int64_t s) {
    add_noise(layout, noise_key, static_cast<uint64_t>(s) * dense, levels[0], sample_of(s));
  });

  for (int i = 1; i <= steps; ++i) {
    const float previous = levels[static_cast<size_t>(i - 1)], level = levels[static_cast<size_t>(i)];
    const float gamma = level > kGammaMin ? kGamma0 : 0.0f;
    const float raised = previous * (1.0f + gamma);
    // Fused as in the reference on CPU: where gamma is 0 this is the rounding error of previous^2, not 0, and
    // the noise of some 1e-4 Angstrom that it makes is part of the reference's numbers.
    const float added_variance = std::fma(raised, raised, -(previous * previous));
    const float noise_scale = kNoiseScale * std::sqrt(std::max(added_variance, 0.0f));
    per_sample([&](int64_t s) {
      random::Key& sample_key = keys[static_cast<size_t>(s)];
      random_augmentation(random::split(sample_key, 2), sample_of(s));
      add_noise(layout, random::split(sample_key, 1), 0, noise_scale, sample_of(s));
      sample_key = random::split(sample_key, 0);
    });
    denoise(context, layout, prepared, raised, matrix(positions), matrix(denoised));
    const float step = kStepScale * (level - raised);
    for (int64_t k = 0; k < positions.size(); ++k)
      positions[k] += step * ((positions[k] - denoised[k]) / raised);
    after_step(i);
  }
  return positions;
}

}  // namespace pleat
