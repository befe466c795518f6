#include "model/memory_plan.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.h"
#include "base/memory.h"
#include "model/featurization.h"
#include "model/model.h"
#include "weights/parameters.h"

namespace pleat::model {

using ops::Arithmetic;
using ops::Backend;
using weights::AtomTransformerSizes;
using weights::LayerSizes;
using weights::NetworkSizes;
using weights::PairformerSizes;
using weights::Parameter;
using weights::Parameters;

namespace {

// Code, libraries and dictionary, if the operations' memory is the program's.
int64_t program_bytes(const Backend& backend) { return backend.on_host() ? int64_t{70} << 20 : 0; }

constexpr int64_t kFloat = sizeof(float);

const char* limit_flag(const Backend& backend) {
  return backend.on_host() ? "max_memory" : "max_device_memory";
}

struct Sizes {
  const Backend& backend;
  const NetworkSizes& network;
  int64_t n, pairs, atoms, depth, samples;
  Arithmetic arithmetic;  // of the trunk

  // Bytes of a pair-sized activation.
  int64_t stored(int64_t channels) const { return pairs * channels * bytes_of(pair_type(arithmetic)); }
};

// --- Parameters

// The parameters of the diffusion and of the rest, as stored and packed.
struct ParameterBytes {
  int64_t stored = 0, packed = 0;
};
struct NetworkBytes {
  ParameterBytes diffusion, rest;
};

// Approximates a parameter, without the axes that count blocks, by a matrix whose rows are its first axis.
// Layers join some of these matrices and divide others, which changes only their padding.
int64_t packed_bytes(const Backend& backend, const Parameter& parameter, Arithmetic arithmetic) {
  const auto matrix_axes = parameter.shape.begin() + parameter.stack_axes();
  const int64_t blocks = element_count(Shape(parameter.shape.begin(), matrix_axes));
  const Shape matrix(matrix_axes, parameter.shape.end());
  if (matrix.size() < 2) return element_count(parameter.shape) * kFloat;
  const int64_t rows = matrix[0], cols = element_count(matrix) / rows;
  return blocks * backend.packed_bytes(rows, cols, arithmetic);
}

NetworkBytes network_bytes(const Backend& backend, const Parameters& parameters, Arithmetic arithmetic) {
  NetworkBytes bytes;
  for (const Parameter& parameter : parameters.all()) {
    const bool diffusion = parameter.scope.starts_with("diffuser/~/diffusion_head");
    ParameterBytes& part = diffusion ? bytes.diffusion : bytes.rest;
    part.stored += parameter.stored_bytes();
    part.packed += packed_bytes(backend, parameter,
                                diffusion ? diffusion_arithmetic(arithmetic) : trunk_arithmetic(arithmetic));
  }
  return bytes;
}

// --- Stages

// The pair layers of a pair with `channels`: the triangle's whole factor b, with factor a and product of some
// lines; or the logits of the grid attention.
int64_t pair_layers(const Sizes& s, int64_t channels, const LayerSizes& layer) {
  return std::max(s.backend.triangle_bytes(s.n, channels, s.arithmetic), layer.heads * s.pairs * kFloat);
}

int64_t pairformer(const Sizes& s, const PairformerSizes& stack) {
  const int64_t single = stack.single.heads * s.pairs + 5 * s.n * stack.single.width();
  return std::max(pair_layers(s, s.network.pair_channels, stack.pair), single * kFloat);
}

// Scratch of the trunk's widest tasks.
int64_t trunk_scratch(const Sizes& s) {
  const auto& [blocks, outer, pair, msa] = s.network.msa_stack;
  const int64_t channels = s.network.pair_channels;
  return std::max(s.backend.msa_scratch_bytes(
                      s.n, channels, {s.depth, s.network.msa_channels, msa.width(), msa.head_width, outer}),
                  s.backend.pair_scratch_bytes(s.n, channels, s.network.trunk.pair.width()));
}

// The conditioning and pair logits of an atom transformer.
int64_t atom_conditioning(const Sizes& s, int64_t channels, const AtomTransformerSizes& transformer) {
  const int64_t windows = (s.atoms + ops::kWindowQueries - 1) / ops::kWindowQueries;
  return transformer.blocks *
         (s.atoms * 8 * channels + windows * transformer.heads * ops::kWindowQueries * ops::kWindowKeys) *
         kFloat;
}

// The atom encoder of the target features.
int64_t target_feat(const Sizes& s) {
  const auto& [channels, pair_channels, token_channels, encoder] = s.network.conditioning;
  const int64_t act = s.atoms * (2 * channels + 2 * pair_channels + 4 * encoder.width()) * kFloat;
  return atom_conditioning(s, channels, encoder) + act +
         s.backend.window_scratch_bytes(pair_channels, encoder.blocks * encoder.heads);
}

int64_t trunk(const Sizes& s) {
  const NetworkSizes& network = s.network;
  const int64_t msa = s.depth * s.n * network.msa_channels * kFloat;
  const int64_t outer = 4 * s.depth * s.n * network.msa_stack.outer_channels * kFloat;
  const int64_t msa_stack = msa + std::max({pair_layers(s, network.pair_channels, network.msa_stack.pair),
                                            outer, network.msa_stack.msa.heads * s.pairs * kFloat});
  const int64_t templates = 2 * s.stored(network.template_channels) +
                            pair_layers(s, network.template_channels, network.template_stack.pair);
  const int64_t pass = std::max({msa_stack, templates, pairformer(s, network.trunk)}) + trunk_scratch(s);
  return std::max(target_feat(s), pass);
}

// Intermediates of one step of all samples.
int64_t diffusion_step(const Sizes& s) {
  const auto& diffusion = s.network.diffusion;
  const int64_t channels = diffusion.token_channels, width = diffusion.transformer.width();
  const int64_t token = (s.samples * (channels + 5 * width) + 6 * channels) * s.n;
  const int64_t atom_width = std::max(diffusion.encoder.width(), diffusion.decoder.width());
  const int64_t atom = s.samples * s.atoms * 4 * (diffusion.atom_channels + atom_width);
  return std::max(token, atom) * kFloat;
}

// With the logits of all blocks, or of one at a time.
int64_t diffusion(const Sizes& s, bool keep_pair_logits) {
  const auto& network = s.network.diffusion;
  const int64_t conditioned = s.stored(network.pair_channels);
  const int64_t block = network.transformer.heads * s.pairs * kFloat;
  const int64_t logits = keep_pair_logits ? network.transformer.all_blocks() * block : 0;
  const int64_t preparing = conditioned + std::max(s.pairs * network.atom_pair_channels * kFloat, logits);
  const int64_t stepping = (keep_pair_logits ? logits : conditioned + block) + diffusion_step(s);
  const int64_t heads =
      network.encoder.blocks * network.encoder.heads + network.decoder.blocks * network.decoder.heads;
  return atom_conditioning(s, network.atom_channels, network.encoder) +
         atom_conditioning(s, network.atom_channels, network.decoder) +
         s.backend.window_scratch_bytes(network.atom_pair_channels, heads) + std::max(preparing, stepping);
}

int64_t confidence(const Sizes& s, const PredictionSize& size, bool pair_on_host) {
  const NetworkSizes& network = s.network;
  const bool on_host = s.backend.on_host();
  const int64_t results = on_host ? (s.samples * 4 + 1) * s.pairs * kFloat : 0;
  const int64_t copy = pair_on_host ? 0 : s.stored(network.pair_channels);
  const int64_t sample = copy + pairformer(s, network.confidence);
  const int64_t kept = (size.keep_distogram * network.distogram_bins +
                        (on_host && size.keep_pair_embeddings ? network.pair_channels : 0)) *
                       s.pairs * kFloat;
  const int64_t scratch =
      std::max(s.backend.head_scratch_bytes(s.n, network.pair_channels, network.pde_bins),
               s.backend.pair_scratch_bytes(s.n, network.pair_channels, network.confidence.pair.width()));
  return results + std::max(sample, kept) + scratch;
}

}  // namespace

int64_t MemoryPlan::peak() const { return std::max({trunk, diffusion, confidence}); }

int64_t held_by_program(const Backend& backend, const Parameters& parameters, Arithmetic arithmetic) {
  const NetworkBytes bytes = network_bytes(backend, parameters, arithmetic);
  return program_bytes(backend) + bytes.diffusion.packed + bytes.rest.packed;
}

int64_t held_while_packing(const Backend& backend, const Parameters& parameters, Arithmetic arithmetic) {
  if (!backend.on_host()) return held_by_program(backend, parameters, arithmetic);
  const NetworkBytes bytes = network_bytes(backend, parameters, arithmetic);
  const int64_t stored = bytes.rest.stored + std::max(bytes.diffusion.stored, bytes.rest.packed);
  return program_bytes(backend) + bytes.diffusion.packed + stored;
}

void require_memory_for_packing(const Backend& backend, const Parameters& parameters, Arithmetic arithmetic,
                                int64_t limit) {
  const int64_t need = held_while_packing(backend, parameters, arithmetic);
  if (need > limit)
    throw Error(parameters.source(),
                fmt::format("the parameters need {} of memory during packing, but pleat may use only {}",
                            size_text(need), size_text(limit)),
                fmt::format("Raise --{} if the machine has more memory.", limit_flag(backend)));
}

int64_t held_by_features(const Backend& backend, const PredictionSize& size) {
  if (!backend.on_host()) return 0;
  constexpr int64_t kOfToken = 12 << 10;  // templates, reference conformers, the atoms' layouts
  return size.tokens * (kOfToken + 2 * size.msa_rows);
}

namespace {

// The trunk's pair stays to the end: on the device, or on the host.
MemoryPlan plan_stages(const Sizes& s, const PredictionSize& size, int64_t held, int64_t limit,
                       bool pair_on_host) {
  const NetworkSizes& network = s.network;
  const int64_t pair = s.stored(network.pair_channels), with_pair = held + (pair_on_host ? 0 : pair);
  MemoryPlan plan;
  plan.held = held;
  plan.pair_on_host = pair_on_host;
  plan.host = pair_on_host ? 2 * pair : 0;
  plan.trunk = with_pair + trunk(s);
  plan.trunk_block = with_pair + pairformer(s, network.trunk);
  plan.confidence = with_pair + confidence(s, size, pair_on_host);
  plan.diffusion = with_pair + diffusion(s, true);
  plan.keep_pair_logits = plan.diffusion <= limit;
  if (!plan.keep_pair_logits) plan.diffusion = with_pair + diffusion(s, false);
  return plan;
}

}  // namespace

MemoryPlan plan_memory(const Backend& backend, const NetworkSizes& network, const PredictionSize& size,
                       Arithmetic arithmetic, int64_t held, int64_t limit) {
  const Sizes s{backend,      network,
                size.tokens,  size.tokens * size.tokens,
                size.atoms,   std::min<int64_t>(size.msa_rows, kMsaDepth),
                size.samples, trunk_arithmetic(arithmetic)};
  const MemoryPlan usual = plan_stages(s, size, held, limit, false);
  if (usual.peak() <= limit) return usual;
  const MemoryPlan on_host = plan_stages(s, size, held, limit, true);
  return on_host.host <= backend.host_bytes() && on_host.peak() <= limit ? on_host : usual;
}

MemoryPlan require_memory(const Backend& backend, const NetworkSizes& network, const PredictionSize& size,
                          Arithmetic arithmetic, int64_t held, int64_t limit) {
  const MemoryPlan plan = plan_memory(backend, network, size, arithmetic, held, limit);
  if (plan.peak() <= limit) return plan;
  throw Error(
      "",
      fmt::format(
          "{} tokens need {} of memory, but pleat may use only {}: trunk {}, diffusion {}, confidence {}",
          size.tokens, size_text(plan.peak()), size_text(limit), size_text(plan.trunk),
          size_text(plan.diffusion), size_text(plan.confidence)),
      fmt::format("Raise --{} if the machine has more memory, or predict a smaller complex.",
                  limit_flag(backend)));
}

}  // namespace pleat::model
