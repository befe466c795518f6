#include "model/model.h"

#include <algorithm>

#include "model/featurization.h"
#include "model/memory_plan.h"

namespace pleat {
namespace {

// Draws of the recycling and of the diffusion, from haiku's key sequence (specs/random.md 2): the number of
// keys that the reference splits off before its diffusion is 4 + 12 a pass of the trunk.
random::Key recycling_key(uint32_t seed) { return random::split(random::prng_key(seed), 1); }

random::Key diffusion_key(uint32_t seed, int num_recycles) {
  random::Key key = random::prng_key(seed);
  const int splits = 4 + 12 * (num_recycles + 1);
  for (int n = 1; n < splits; ++n) key = random::split(key, 0);
  return random::split(key, 1);
}

// Coordinates of the atoms [S * A, 3] in the dense layout [S, N, 24, 3].
void write_positions(const featurise::Batch& batch, const AtomLayout& layout, const Tensor<float>& positions,
                     Prediction& out) {
  const int64_t samples = positions.dim(0) / layout.atoms;
  out.atom_positions = Tensor<float>({samples, batch.tokens, featurise::kAtomSlots, 3});
  out.atom_mask = Tensor<uint8_t>({samples, batch.tokens, featurise::kAtomSlots});
  for (int64_t s = 0; s < samples; ++s) {
    std::copy_n(batch.pred_dense_atom_mask.data(), batch.pred_dense_atom_mask.size(), &out.atom_mask(s));
    for (int64_t a = 0; a < layout.atoms; ++a)
      std::copy_n(
          &positions((s * layout.atoms + a)), 3,
          &out.atom_positions(s, layout.token[static_cast<size_t>(a)], layout.slot[static_cast<size_t>(a)]));
  }
}

}  // namespace

// The reference's diffusion is float32 in either type. 16 bits, where they save time, change its results by
// less than a tenth of what is tolerated; they are spent only by those who asked for bfloat16.
Arithmetic diffusion_arithmetic(Arithmetic arithmetic) {
  return arithmetic == Arithmetic::bfloat16 ? Arithmetic::split : Arithmetic::float32;
}

// What is computed with bfloat16's operands loses nothing that counts when the pair keeps no more.
Storage pair_storage(Arithmetic arithmetic) {
  return arithmetic == Arithmetic::bfloat16 ? Storage::bfloat16 : Storage::float32;
}

namespace {

// A part of the network packed, the parameters below `scope` freed.
template <class Part>
Part packed(Parameters& parameters, const std::string& reader, const std::string& scope,
            Arithmetic arithmetic) {
  Part part(ParameterReader(parameters, reader, arithmetic));
  parameters.release(scope + "/");
  return part;
}

}  // namespace

Model::Model(Parameters parameters, Arithmetic arithmetic, ThreadPool& pool)
    : context_(pool, arithmetic),
      diffusion_head_(packed<DiffusionHead>(parameters, "diffuser", "diffuser/~/diffusion_head",
                                            diffusion_arithmetic(arithmetic))),
      evoformer_(packed<Evoformer>(parameters, "diffuser/evoformer", "diffuser/evoformer", arithmetic)),
      target_feat_encoder_(ParameterReader(parameters, "diffuser")),
      confidence_head_(ParameterReader(parameters, "diffuser", arithmetic)),
      distogram_head_(ParameterReader(parameters, "diffuser")) {}

Tensor<float> Model::target_feat(const featurise::Batch& batch, const AtomLayout& layout) const {
  constexpr int64_t kTokenFeatures = 2 * featurise::kResidueTypes + 1;
  const int64_t encoded = target_feat_encoder_.channels();
  Tensor<float> out({batch.tokens, kTokenFeatures + encoded});
  auto atoms = Tensor<float>::uninitialised({batch.tokens, encoded});
  create_target_feat(batch, matrix(out));
  target_feat_encoder_(context_.with(Arithmetic::float32), batch, layout, matrix(atoms));
  copy(matrix(atoms), matrix(out).cols_at(kTokenFeatures, encoded));
  return out;
}

Prediction Model::predict(const featurise::Batch& batch, uint32_t seed, const ModelOptions& options,
                          const Progress& progress) const {
  const auto report = [&](std::string_view stage, int done, int total) {
    if (progress) progress(stage, done, total);
  };
  const int64_t n = batch.tokens;
  const AtomLayout layout = atom_layout(batch);
  const PredictionSize size{n,
                            layout.atoms,
                            batch.num_alignments(),
                            options.num_diffusion_samples,
                            context_.threads(),
                            options.keep_distogram,
                            options.keep_pair_embeddings};
  const MemoryPlan plan = require_memory(size, context_.arithmetic(), resident_memory(), options.max_memory);
  const Tensor<float> features = target_feat(batch, layout);

  Prediction out;
  StoredTensor trunk_pair(n * n, evoformer_.pair_channels(), pair_storage(context_.arithmetic()));
  out.single_embeddings = Tensor<float>({n, evoformer_.single_channels()});
  const StoredMat pair = trunk_pair.view();
  const Mat single = matrix(out.single_embeddings);
  random::Key key = recycling_key(seed);
  for (int r = 0; r <= options.num_recycles; ++r) {
    evoformer_(context_, batch, matrix(features), random::split(key, 1), pair, single);
    key = random::split(key, 0);
    report("trunk", r + 1, options.num_recycles + 1);
  }

  context_.trim();
  const Context exact = context_.with(Arithmetic::float32);
  const DiffusionHead::Trunk trunk{matrix(features), single, pair};
  const Tensor<float> positions = diffusion_head_.sample(
      context_.with(diffusion_arithmetic(context_.arithmetic())), batch, layout, trunk,
      diffusion_key(seed, options.num_recycles), options.num_diffusion_samples, options.num_diffusion_steps,
      plan.keep_pair_logits, [&](int step) { report("diffusion", step, options.num_diffusion_steps); });
  context_.trim();
  write_positions(batch, layout, positions, out);

  confidence_head_.allocate(batch, options.num_diffusion_samples, out);
  for (int s = 0; s < options.num_diffusion_samples; ++s) {
    confidence_head_(context_, batch, matrix(features), pair, single, s, out);
    report("confidence", s + 1, options.num_diffusion_samples);
  }
  context_.trim();
  distogram_head_(exact, n, pair, options.keep_distogram, out);
  if (options.keep_pair_embeddings) {
    out.pair_embeddings = Tensor<float>::uninitialised({n, n, pair.cols});
    copy(pair, matrix(out.pair_embeddings));
  }
  return out;
}

}  // namespace pleat
