#include "model/memory_plan.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.h"
#include "base/memory.h"
#include "model/modules.h"

namespace pleat {
namespace {

// The official network's sizes.
constexpr int64_t kPair = 128, kTemplatePair = 64, kMsa = 64, kOuter = 32, kSingle = 384;
constexpr int64_t kMsaDepth = 1024, kGridHeads = 4, kMsaHeads = 8, kSingleHeads = 16;
constexpr int64_t kDistogramBins = 64, kErrorBins = 64;
constexpr int64_t kTokenBlocks = 24, kTokenHeads = 16, kToken = 768;
constexpr int64_t kAtom = 128, kAtomBlocks = 3, kAtomHeads = 4, kQueries = 32, kKeys = 128, kAtomPair = 16;
constexpr int64_t kParameters = 368'000'000;
constexpr int64_t kProgram = int64_t{90} << 20;  // code, libraries, dictionary, features

constexpr int64_t kFloat = sizeof(float);

struct Sizes {
  int64_t n, pairs, atoms, depth, samples, threads;
  Arithmetic arithmetic;
};

// The pair layers of a pair with `channels`: the triangle's held factor, and a and product of some lines.
int64_t pair_layers(const Sizes& s, int64_t channels) {
  const int64_t lines = TriangleMultiplication::lines_at_once(s.n, channels);
  const int64_t factor = channels * packed_size(s.n, s.n, packing_of(s.n, s.n, s.arithmetic)) * kFloat;
  const int64_t triangle = factor + 2 * lines * s.n * channels * kFloat;
  return std::max(triangle, kGridHeads * s.pairs * kFloat);
}

int64_t pairformer(const Sizes& s) {
  return std::max(pair_layers(s, kPair), kSingleHeads * s.pairs * kFloat + 5 * s.n * kSingle * kFloat);
}

// A thread's scratch: the outer product mean of one row, the widest of all tasks.
int64_t task_scratch(const Sizes& s) { return s.n * (2 * kOuter * kOuter + kPair) * kFloat; }

int64_t trunk(const Sizes& s) {
  const int64_t msa = s.depth * s.n * kMsa * kFloat;
  const int64_t outer = 4 * s.depth * s.n * kOuter * kFloat;
  const int64_t msa_stack = msa + std::max({pair_layers(s, kPair), outer, kMsaHeads * s.pairs * kFloat});
  const int64_t templates = 2 * s.pairs * kTemplatePair * kFloat + pair_layers(s, kTemplatePair);
  return std::max({msa_stack, templates, pairformer(s)}) + s.threads * task_scratch(s);
}

// Without the token transformer's pair logits.
int64_t diffusion(const Sizes& s) {
  const int64_t windows = (s.atoms + kQueries - 1) / kQueries;
  const int64_t conditioning = 2 * kAtomBlocks * s.atoms * 8 * kAtom * kFloat;
  const int64_t logits = 2 * kAtomBlocks * windows * kAtomHeads * kQueries * kKeys * kFloat;
  const int64_t token_step = s.samples * s.n * kToken * 6 * kFloat + s.n * kToken * 6 * kFloat;
  const int64_t atom_step = s.samples * s.atoms * kAtom * 8 * kFloat;
  return conditioning + logits + std::max(token_step, atom_step) + s.pairs * kAtomPair * kFloat;
}

int64_t confidence(const Sizes& s) {
  const int64_t results = s.samples * 4 * s.pairs * kFloat;
  const int64_t sample = s.pairs * kPair * kFloat + std::max(pairformer(s), s.pairs * kErrorBins * kFloat);
  const int64_t distogram = 2 * s.pairs * kDistogramBins * kFloat;
  return results + std::max(sample, distogram) + s.threads * s.n * 2 * kPair * kFloat;
}

}  // namespace

int64_t MemoryPlan::peak() const { return std::max({trunk, diffusion, confidence}); }

int64_t held_by_program(Arithmetic arithmetic) {
  // Of a large matrix, as most parameters are: words of each value.
  constexpr int64_t kEdge = 1024;
  const int64_t words = packed_size(kEdge, kEdge, packing_of(kEdge, kEdge, arithmetic));
  return kProgram + kParameters * words / (kEdge * kEdge) * kFloat;
}

MemoryPlan plan_memory(const PredictionSize& size, Arithmetic arithmetic, int64_t held, int64_t limit) {
  const Sizes s{size.tokens,  size.tokens * size.tokens,
                size.atoms,   std::min(size.msa_rows, kMsaDepth),
                size.samples, size.threads,
                arithmetic};
  const int64_t pair = s.pairs * kPair * kFloat;  // the trunk's, kept to the end
  MemoryPlan plan;
  plan.held = held;
  plan.trunk = held + pair + trunk(s);
  plan.confidence = held + pair + confidence(s);
  const int64_t conditioned = held + 2 * pair + diffusion(s);
  const int64_t kept = conditioned + kTokenBlocks * kTokenHeads * s.pairs * kFloat;
  plan.keep_pair_logits = kept <= limit;
  plan.diffusion = plan.keep_pair_logits ? kept : conditioned + kTokenHeads * s.pairs * kFloat;
  return plan;
}

MemoryPlan require_memory(const PredictionSize& size, Arithmetic arithmetic, int64_t held, int64_t limit) {
  const MemoryPlan plan = plan_memory(size, arithmetic, held, limit);
  if (plan.peak() <= limit) return plan;
  throw Error(
      "",
      fmt::format("{} tokens need {} of memory, and {} may be used: trunk {}, diffusion {}, confidence {}",
                  size.tokens, size_text(plan.peak()), size_text(limit), size_text(plan.trunk),
                  size_text(plan.diffusion), size_text(plan.confidence)),
      "Raise --max_memory if the machine has more, or predict a smaller complex.");
}

}  // namespace pleat
