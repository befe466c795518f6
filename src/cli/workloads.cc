#include "cli/workloads.h"

#include <algorithm>
#include <random>

namespace pleat::cli {
namespace {

constexpr int64_t kPair = 128, kSingle = 384, kTargetFeat = 447;  // channels of the official network

// Random rows repeated: the values do not matter, and drawing them all would take longer than the work.
StoredTensor random_pair(int64_t tokens, Arithmetic arithmetic) {
  const Tensor<float> rows = random_tensor({tokens, kPair});
  StoredTensor out(tokens * tokens, kPair, pair_storage(arithmetic));
  for (int64_t i = 0; i < tokens; ++i) copy(matrix(rows), out.view().rows_at(i * tokens, tokens));
  return out;
}

}  // namespace

Tensor<float> random_tensor(const Shape& shape) {
  std::minstd_rand generator(1);
  std::uniform_real_distribution<float> uniform(-1, 1);
  auto out = Tensor<float>::uninitialised(shape);
  for (float& x : out.values()) x = uniform(generator);
  return out;
}

double least_seconds(double enough, const std::function<void()>& work) {
  constexpr int kLeastRuns = 3;
  constexpr double kLong = 10, kTooLong = 100;
  if (const double first = seconds_of(work); first > kTooLong) return first;
  double least = seconds_of(work), sum = least;
  for (int runs = 1; (runs < kLeastRuns && sum < kLong) || sum < enough; ++runs) {
    const double seconds = seconds_of(work);
    least = std::min(least, seconds);
    sum += seconds;
  }
  return least;
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

TrunkBlock::TrunkBlock(const Parameters& parameters, Arithmetic arithmetic)
    : block_(ParameterReader(parameters, "diffuser/evoformer", arithmetic)
                 .in("__layer_stack_no_per_layer_1")
                 .in("trunk_pairformer")
                 .layer(0)) {}

// A run goes on from where the one before left the activations.
double TrunkBlock::time(const Context& context, int64_t tokens, double enough) const {
  StoredTensor pair = random_pair(tokens, context.arithmetic());
  Tensor<float> single = random_tensor({tokens, kSingle});
  return least_seconds(enough, [&] { block_(context, pair.view(), matrix(single)); });
}

TrunkPass::TrunkPass(const Parameters& parameters, Arithmetic arithmetic, const featurise::Batch& batch)
    : batch_(batch),
      evoformer_(ParameterReader(parameters, "diffuser/evoformer", arithmetic)),
      pair_(random_pair(batch.tokens, arithmetic)),
      single_(random_tensor({batch.tokens, kSingle})),
      target_feat_(random_tensor({batch.tokens, kTargetFeat})) {}

void TrunkPass::run(const Context& context) {
  evoformer_(context, batch_, matrix(std::as_const(target_feat_)), random::prng_key(1), pair_.view(),
             matrix(single_));
}

DiffusionSteps::DiffusionSteps(const Parameters& parameters, Arithmetic arithmetic)
    : trunk_(arithmetic), head_(ParameterReader(parameters, "diffuser", diffusion_arithmetic(arithmetic))) {}

DiffusionSteps::Seconds DiffusionSteps::time(ThreadPool& pool, const featurise::Batch& batch, int samples,
                                             int steps, bool keep_pair_logits) const {
  PLEAT_ASSERT(steps >= 2);
  const int64_t n = batch.tokens;
  const Context context(pool, diffusion_arithmetic(trunk_));
  const StoredTensor pair = random_pair(n, trunk_);
  const Tensor<float> single = random_tensor({n, kSingle}), target_feat = random_tensor({n, kTargetFeat});
  const Stopwatch watch;
  std::vector<double> ends;
  head_.sample(context, batch, atom_layout(batch), {matrix(target_feat), matrix(single), pair.view()},
               random::prng_key(1), samples, steps, keep_pair_logits,
               [&](int) { ends.push_back(watch.seconds()); });
  Seconds seconds{0, ends[1] - ends[0]};
  for (size_t i = 2; i < ends.size(); ++i) seconds.step = std::min(seconds.step, ends[i] - ends[i - 1]);
  seconds.preparation = std::max(0.0, ends[0] - seconds.step);
  return seconds;
}

}  // namespace pleat::cli
