#include "model/memory_plan.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.h"
#include "base/memory.h"
#include "model/model.h"
#include "tensor/weights.h"

namespace pleat {
namespace {

// The official network's sizes.
constexpr int64_t kPair = 128, kTemplatePair = 64, kMsa = 64, kOuter = 32, kSingle = 384;
constexpr int64_t kMsaDepth = 1024, kGridHeads = 4, kMsaHeads = 8, kSingleHeads = 16;
constexpr int64_t kDistogramBins = 64;
constexpr int64_t kTokenBlocks = 24, kTokenHeads = 16, kToken = 768;
constexpr int64_t kAtom = 128, kAtomBlocks = 3, kAtomHeads = 4, kQueries = 32, kKeys = 128, kAtomPair = 16;
constexpr int64_t kProgram = int64_t{70} << 20;  // code, libraries, dictionary

constexpr int64_t kFloat = sizeof(float);

struct Sizes {
  int64_t n, pairs, atoms, depth, samples, threads;
  Arithmetic arithmetic;

  // Of an activation of the pair's size.
  int64_t stored(int64_t channels) const { return pairs * channels * bytes_of(pair_storage(arithmetic)); }
};

// The parameters of the diffusion and of the rest, as stored and packed.
struct ParameterBytes {
  int64_t stored = 0, packed = 0;
};
struct NetworkBytes {
  ParameterBytes diffusion, rest;
};

NetworkBytes network_bytes(Arithmetic arithmetic) {
  constexpr int64_t kEdge = 1024;  // of a large matrix, as most parameters are
  const auto packed = [](Arithmetic a) {
    return packed_size(kEdge, kEdge, packing_of(kEdge, kEdge, a)) * kFloat;
  };
  NetworkBytes bytes;
  for (const ParameterSchema& parameter : parameter_schema()) {
    int64_t values = 1;
    for (const int d : parameter.shape) values *= d;
    const bool diffusion = parameter.scope.starts_with("diffuser/~/diffusion_head");
    ParameterBytes& part = diffusion ? bytes.diffusion : bytes.rest;
    part.stored += values * byte_size(parameter.dtype);
    part.packed +=
        values * packed(diffusion ? diffusion_arithmetic(arithmetic) : arithmetic) / (kEdge * kEdge);
  }
  return bytes;
}

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
  const int64_t templates = 2 * s.stored(kTemplatePair) + pair_layers(s, kTemplatePair);
  return std::max({msa_stack, templates, pairformer(s)}) + s.threads * task_scratch(s);
}

// The atoms' conditioning and pair logits, kept for all steps.
int64_t atom_conditioning(const Sizes& s) {
  const int64_t windows = (s.atoms + kQueries - 1) / kQueries;
  return 2 * kAtomBlocks * (s.atoms * 8 * kAtom + windows * kAtomHeads * kQueries * kKeys) * kFloat;
}

// Intermediates of one step of all samples.
int64_t diffusion_step(const Sizes& s) {
  const int64_t token = (s.samples + 1) * s.n * kToken * 6 * kFloat;
  const int64_t atom = s.samples * s.atoms * kAtom * 8 * kFloat;
  return std::max(token, atom);
}

// With the logits of all blocks kept or of one at a time.
int64_t diffusion(const Sizes& s, bool keep_pair_logits) {
  const int64_t conditioned = s.stored(kPair), block = kTokenHeads * s.pairs * kFloat;
  const int64_t logits = keep_pair_logits ? kTokenBlocks * block : 0;
  const int64_t preparing = conditioned + std::max(s.pairs * kAtomPair * kFloat, logits);
  const int64_t stepping = (keep_pair_logits ? logits : conditioned + block) + diffusion_step(s);
  return atom_conditioning(s) + std::max(preparing, stepping);
}

int64_t confidence(const Sizes& s, const PredictionSize& size) {
  const int64_t results = (s.samples * 4 + 1) * s.pairs * kFloat;
  const int64_t sample = s.stored(kPair) + pairformer(s);
  const int64_t kept =
      (size.keep_distogram * kDistogramBins + size.keep_pair_embeddings * kPair) * s.pairs * kFloat;
  return results + std::max(sample, kept) + s.threads * s.n * 2 * kPair * kFloat;
}

}  // namespace

int64_t MemoryPlan::peak() const { return std::max({trunk, diffusion, confidence}); }

int64_t held_by_program(Arithmetic arithmetic) {
  const NetworkBytes bytes = network_bytes(arithmetic);
  return kProgram + bytes.diffusion.packed + bytes.rest.packed;
}

int64_t held_while_packing(Arithmetic arithmetic) {
  const NetworkBytes bytes = network_bytes(arithmetic);
  const int64_t stored = bytes.rest.stored + std::max(bytes.diffusion.stored, bytes.rest.packed);
  return kProgram + bytes.diffusion.packed + stored;
}

int64_t held_by_features(const PredictionSize& size) {
  constexpr int64_t kOfToken = 12 << 10;  // templates, reference conformers, the atoms' layouts
  return size.tokens * (kOfToken + 2 * size.msa_rows);
}

MemoryPlan plan_memory(const PredictionSize& size, Arithmetic arithmetic, int64_t held, int64_t limit) {
  const Sizes s{size.tokens,  size.tokens * size.tokens,
                size.atoms,   std::min(size.msa_rows, kMsaDepth),
                size.samples, size.threads,
                arithmetic};
  const int64_t with_pair = held + s.stored(kPair);  // the trunk's, kept to the end
  MemoryPlan plan;
  plan.held = held;
  plan.trunk = with_pair + trunk(s);
  plan.trunk_block = with_pair + pairformer(s);
  plan.confidence = with_pair + confidence(s, size);
  plan.diffusion = with_pair + diffusion(s, true);
  plan.keep_pair_logits = plan.diffusion <= limit;
  if (!plan.keep_pair_logits) plan.diffusion = with_pair + diffusion(s, false);
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
