#include "model/model.h"

#include <algorithm>
#include <numeric>

#include "base/log.h"
#include "model/featurization.h"
#include "model/memory_plan.h"

namespace pleat::model {

using featurise::Batch;
using featurise::kAtomSlots;
using ops::Arithmetic;
using ops::Array;
using random::Key;
using weights::Parameters;

namespace {

// The keys of the recycling and of the diffusion, from haiku's key sequence (docs/specs/random.md, section
// 2). Before its diffusion the reference splits off 4 keys, and 12 per trunk pass.
Key recycling_key(uint32_t seed) { return split(random::prng_key(seed), 1); }

Key diffusion_key(uint32_t seed, int num_recycles) {
  Key key = random::prng_key(seed);
  const int splits = 4 + 12 * (num_recycles + 1);
  for (int n = 1; n < splits; ++n) key = split(key, 0);
  return split(key, 1);
}

std::vector<int> wanted_samples(const ModelOptions& options) {
  if (!options.samples.empty()) return options.samples;
  std::vector<int> all(static_cast<size_t>(options.num_diffusion_samples));
  std::iota(all.begin(), all.end(), 0);
  return all;
}

// Coordinates of the atoms [S * A, 3] in the dense layout [S, N, 24, 3].
void write_positions(const Batch& batch, const AtomLayout& layout, const Tensor<float>& positions,
                     Prediction& out) {
  const int64_t samples = positions.dim(0) / layout.atoms;
  out.atom_positions = Tensor<float>({samples, batch.tokens, kAtomSlots, 3});
  out.atom_mask = Tensor<uint8_t>({samples, batch.tokens, kAtomSlots});
  for (int64_t s = 0; s < samples; ++s) {
    std::copy_n(batch.pred_dense_atom_mask.data(), batch.pred_dense_atom_mask.size(), &out.atom_mask(s));
    for (int64_t a = 0; a < layout.atoms; ++a)
      std::copy_n(
          &positions((s * layout.atoms + a)), 3,
          &out.atom_positions(s, layout.token[static_cast<size_t>(a)], layout.slot[static_cast<size_t>(a)]));
  }
}

// Packs a part of the network, and frees the parameters below `scope`.
template <class Part>
Part packed(Parameters& parameters, ops::Backend& ops, const std::string& reader, const std::string& scope,
            Arithmetic arithmetic) {
  Part part(ParameterReader(parameters, ops, reader, arithmetic));
  parameters.release(scope + "/");
  return part;
}

}  // namespace

Arithmetic trunk_arithmetic(Arithmetic network) {
  PLEAT_ASSERT(network != Arithmetic::split);
  return network == Arithmetic::tf32 ? Arithmetic::bfloat16 : network;
}

// The reference's diffusion is always float32, which on GPUs means TF32. Split arithmetic (16 bits) changes its
// results by less than a tenth of the tolerance, and saves time on some processors; pleat uses it only with
// bfloat16.
Arithmetic diffusion_arithmetic(Arithmetic network) {
  PLEAT_ASSERT(network != Arithmetic::split);
  return network == Arithmetic::bfloat16 ? Arithmetic::split : network;
}

// Storing the pair in bfloat16 loses nothing that matters if its products are bfloat16 anyway.
ops::Type pair_type(Arithmetic network) {
  return trunk_arithmetic(network) == Arithmetic::bfloat16 ? ops::Type::bfloat16 : ops::Type::float32;
}

Model::Model(Parameters parameters, Arithmetic arithmetic, ops::Backend& ops)
    : ops_(ops),
      arithmetic_(arithmetic),
      sizes_(network_sizes(parameters)),
      diffusion_head_(packed<DiffusionHead>(parameters, ops, "diffuser", "diffuser/~/diffusion_head",
                                            diffusion_arithmetic(arithmetic))),
      evoformer_(packed<Evoformer>(parameters, ops, "diffuser/evoformer", "diffuser/evoformer",
                                   trunk_arithmetic(arithmetic))),
      target_feat_encoder_(ParameterReader(parameters, ops, "diffuser")),
      confidence_head_(ParameterReader(parameters, ops, "diffuser", trunk_arithmetic(arithmetic))),
      distogram_head_(ParameterReader(parameters, ops, "diffuser")) {}

// [token features, encoded atoms]: [N, C_t].
Array Model::target_feat(const Batch& batch, const AtomLayout& layout) const {
  const Array atoms = target_feat_encoder_(ops_, batch, layout);
  const Array features = ops_.concatenate(ops_.upload(token_features(batch)), atoms);
  // Lives to the end of the prediction, longer than the arrays it is made of.
  Array out = ops_.make(features.rows(), features.cols(), features.type());
  ops_.copy(features, out);
  return out;
}

Prediction Model::predict(const Batch& batch, uint32_t seed, const ModelOptions& options,
                          const Progress& progress) const {
  const auto report = [&](std::string_view stage, int done, int total) {
    if (progress && done > 0) progress(stage, done, total);
  };
  const int64_t n = batch.tokens;
  const AtomLayout layout = atom_layout(batch);
  const std::vector<int> wanted = wanted_samples(options);
  const auto samples = static_cast<int>(wanted.size());
  const PredictionSize size{n,       layout.atoms,           batch.num_alignments(),
                            samples, options.keep_distogram, options.keep_pair_embeddings};
  const MemoryPlan plan =
      require_memory(ops_, sizes_, size, arithmetic_, ops_.held_bytes(), options.max_memory);

  if (plan.pair_on_host)
    log_info("The pair does not fit into the GPU's memory: {} of the host's memory hold it, which is slower.",
             size_text(plan.host));

  Prediction out;
  const Array features = target_feat(batch, layout);
  const ops::Location pair_location = plan.pair_on_host ? ops::Location::host : ops::Location::backend;
  Array pair = ops_.make(n * n, evoformer_.pair_channels(), pair_type(arithmetic_), pair_location);
  Array single = ops_.make(n, evoformer_.single_channels(), ops::Type::float32);
  Key key = recycling_key(seed);
  int blocks = 0;
  const int all_blocks = evoformer_.blocks() * (options.num_recycles + 1);
  for (int r = 0; r <= options.num_recycles; ++r) {
    evoformer_(ops_, batch, features, split(key, 1), pair, single,
               [&] { report("trunk", ++blocks, all_blocks); });
    key = split(key, 0);
  }

  ops_.release_unused();
  {
    const Array sampled = diffusion_head_.sample(
        ops_, batch, layout, {features, single, pair}, diffusion_key(seed, options.num_recycles), wanted,
        options.num_diffusion_steps, plan.keep_pair_logits,
        [&](int step) { report("diffusion", step, options.num_diffusion_steps); });
    auto positions = Tensor<float>::uninitialised({sampled.rows(), sampled.cols()});
    ops_.download(sampled, positions);
    write_positions(batch, layout, positions, out);
  }
  ops_.release_unused();

  confidence_head_.allocate(batch, samples, out);
  for (int s = 0; s < samples; ++s) {
    confidence_head_(ops_, batch, features, pair, single, s, pair_location, out);
    report("confidence", s + 1, samples);
  }
  ops_.release_unused();
  distogram_head_(ops_, pair, options.keep_distogram, out);
  out.single_embeddings = Tensor<float>::uninitialised({n, single.cols()});
  ops_.download(single, out.single_embeddings);
  if (options.keep_pair_embeddings) {
    out.pair_embeddings = Tensor<float>::uninitialised({n, n, pair.cols()});
    ops_.download(pair, out.pair_embeddings);
  }
  return out;
}

}  // namespace pleat::model
