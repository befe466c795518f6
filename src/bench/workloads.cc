#include "bench/workloads.h"

#include <numeric>
#include <random>

#include "model/featurization.h"

namespace pleat::bench {
namespace {

Tensor<float> random_target_feat(const weights::NetworkSizes& sizes, int64_t tokens) {
  return random_tensor({tokens, model::kTokenFeatures + sizes.conditioning.token_channels});
}

}  // namespace

// Repeats random rows: the values do not matter, and drawing them all would take longer than the work.
ops::Array random_pair(ops::Backend& ops, const weights::NetworkSizes& sizes, int64_t tokens,
                       ops::Arithmetic arithmetic) {
  const ops::Array rows = ops.upload(random_tensor({tokens, sizes.pair_channels}));
  ops::Array out = ops.make(tokens * tokens, sizes.pair_channels, model::pair_type(arithmetic));
  ops.copy(ops.repeat(rows, tokens), out);
  return out;
}

Tensor<float> random_tensor(const Shape& shape) {
  std::minstd_rand generator(1);
  std::uniform_real_distribution<float> uniform(-1, 1);
  auto out = Tensor<float>::uninitialised(shape);
  for (float& x : out.values()) x = uniform(generator);
  return out;
}

input::FoldInput random_protein(int64_t residues) {
  constexpr std::string_view kResidues = "ACDEFGHIKLMNPQRSTVWY";
  std::minstd_rand generator(1);
  input::ProteinChain chain;
  chain.id = "A";
  for (int64_t i = 0; i < residues; ++i) chain.sequence += kResidues[generator() % kResidues.size()];
  chain.unpaired_msa = "";
  chain.paired_msa = "";
  chain.templates.emplace();
  input::FoldInput input;
  input.name = "random protein";
  input.chains = {chain};
  input.seeds = {1};
  return input;
}

TrunkBlock::TrunkBlock(const weights::Parameters& parameters, ops::Arithmetic arithmetic, ops::Backend& ops)
    : sizes_(network_sizes(parameters)),
      arithmetic_(arithmetic),
      ops_(ops),
      block_(
          model::ParameterReader(parameters, ops, "diffuser/evoformer", model::trunk_arithmetic(arithmetic))
              .in("__layer_stack_no_per_layer_1")
              .in("trunk_pairformer")
              .layer(0)) {}

// Each run starts from the activations of the previous one.
Timing TrunkBlock::time(int64_t tokens, double enough) const {
  ops::Array pair = random_pair(ops_, sizes_, tokens, arithmetic_);
  ops::Array single = ops_.upload(random_tensor({tokens, sizes_.single_channels}));
  return least_time(enough, [&] {
    block_(ops_, pair, single);
    ops_.finish();
  });
}

TrunkPass::TrunkPass(const weights::Parameters& parameters, ops::Arithmetic arithmetic, ops::Backend& ops,
                     const featurise::Batch& batch)
    : ops_(ops),
      batch_(batch),
      sizes_(network_sizes(parameters)),
      evoformer_(
          model::ParameterReader(parameters, ops, "diffuser/evoformer", model::trunk_arithmetic(arithmetic))),
      pair_(random_pair(ops, sizes_, batch.tokens, arithmetic)),
      single_(ops.upload(random_tensor({batch.tokens, sizes_.single_channels}))),
      target_feat_(ops.upload(random_target_feat(sizes_, batch.tokens))) {}

void TrunkPass::run() {
  evoformer_(ops_, batch_, target_feat_, random::prng_key(1), pair_, single_, [] {});
}

DiffusionSteps::DiffusionSteps(const weights::Parameters& parameters, ops::Arithmetic arithmetic,
                               ops::Backend& ops)
    : sizes_(network_sizes(parameters)),
      trunk_(arithmetic),
      ops_(ops),
      head_(model::ParameterReader(parameters, ops, "diffuser", model::diffusion_arithmetic(arithmetic))) {}

DiffusionSteps::Times DiffusionSteps::time(const featurise::Batch& batch, int samples, int steps,
                                           bool keep_pair_logits) const {
  PLEAT_ASSERT(steps >= 2);
  const int64_t n = batch.tokens;
  const ops::Array pair = random_pair(ops_, sizes_, n, trunk_);
  const ops::Array single = ops_.upload(random_tensor({n, sizes_.single_channels}));
  const ops::Array target_feat = ops_.upload(random_target_feat(sizes_, n));
  std::vector<int> numbers(static_cast<size_t>(samples));
  std::iota(numbers.begin(), numbers.end(), 0);
  const Clock clock;
  std::vector<Elapsed> ends;  // of the preparation and of each step
  head_.sample(ops_, batch, model::atom_layout(batch), {target_feat, single, pair}, random::prng_key(1),
               numbers, steps, keep_pair_logits, [&](int) {
                 ops_.finish();
                 ends.push_back(clock.elapsed());
               });
  Times times{ends[0], {}};
  for (size_t i = 2; i < ends.size(); ++i) times.step.add(ends[i] - ends[i - 1]);
  return times;
}

ConfidenceSample::ConfidenceSample(const weights::Parameters& parameters, ops::Arithmetic arithmetic,
                                   ops::Backend& ops)
    : sizes_(network_sizes(parameters)),
      arithmetic_(arithmetic),
      ops_(ops),
      head_(model::ParameterReader(parameters, ops, "diffuser", model::trunk_arithmetic(arithmetic))) {}

Timing ConfidenceSample::time(const featurise::Batch& batch, double enough) const {
  const int64_t n = batch.tokens;
  const ops::Array pair = random_pair(ops_, sizes_, n, arithmetic_);
  const ops::Array single = ops_.upload(random_tensor({n, sizes_.single_channels}));
  const ops::Array target_feat = ops_.upload(random_target_feat(sizes_, n));
  model::Prediction out;
  out.atom_positions = random_tensor({1, n, featurise::kAtomSlots, 3});
  head_.allocate(batch, 1, out);
  return least_time(enough,
                    [&] { head_(ops_, batch, target_feat, pair, single, 0, ops::Location::backend, out); });
}

}  // namespace pleat::bench
