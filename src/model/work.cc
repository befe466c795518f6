#include "model/work.h"

#include <algorithm>

#include "model/confidence_head.h"
#include "model/featurization.h"
#include "model/model.h"
#include "model/noise_level_embeddings.h"
#include "ops/relative_encoding.h"

namespace pleat::model {

using ops::Arithmetic;
using weights::AtomTransformerSizes;
using weights::LayerSizes;
using weights::NetworkSizes;
using weights::PairformerSizes;

namespace {

constexpr double kFloat = sizeof(float);
constexpr int64_t kTemplateCount = 4;  // a pass sums as many embeddings, also of absent templates

double times(int64_t count, double work) { return static_cast<double>(count) * work; }

// Operations of an [m, k] by [k, n] product.
double product(double m, int64_t k, double n) { return 2 * m * static_cast<double>(k) * n; }
double product(double m, int64_t k, int64_t n) { return product(m, k, static_cast<double>(n)); }

// Bytes of rows of float32.
double rows_of(double rows, int64_t cols) { return times(cols, rows) * kFloat; }

// Bytes of an element of a packed matrix. Two parts take as much as float32.
double weight_bytes(Arithmetic arithmetic) {
  return static_cast<double>(
      ops::bytes_of(arithmetic == Arithmetic::bfloat16 ? ops::Type::bfloat16 : ops::Type::float32));
}

// A network, the bytes of its elements, and N tokens.
struct Sizes {
  const NetworkSizes& network;
  double n, pairs;
  double pair_element, trunk_weight, diffusion_weight;

  Sizes(const NetworkSizes& sizes, int64_t tokens, Arithmetic arithmetic)
      : network(sizes),
        n(static_cast<double>(tokens)),
        pairs(n * n),
        pair_element(static_cast<double>(bytes_of(pair_type(arithmetic)))),
        trunk_weight(weight_bytes(trunk_arithmetic(arithmetic))),
        diffusion_weight(weight_bytes(diffusion_arithmetic(arithmetic))) {}

  // Bytes of a pair-sized activation.
  double pair(int64_t channels) const { return times(channels, pairs) * pair_element; }
  int64_t target_features() const { return kTokenFeatures + network.conditioning.token_channels; }
};

// --- Layers

// x W of rows of float32.
Cost linear(double rows, int64_t in, int64_t out, double weight) {
  return {product(rows, in, out), rows_of(rows, in + out) + times(in * out, weight), 0};
}
// act += x W.
Cost add_linear(double rows, int64_t in, int64_t out, double weight) {
  return linear(rows, in, out, weight) + Cost{0, rows_of(rows, out), 0};
}
// Rows moved through an operation without products.
Cost moved(double bytes) { return {0, bytes, 0}; }

// A gated unit into `hidden` channels, and back; an element of the activation takes `element` bytes.
Cost transition(double rows, int64_t channels, int64_t hidden, double element, double weight) {
  return {product(rows, channels, 3 * hidden),
          2 * times(channels, rows) * element + times(3 * channels * hidden, weight), times(hidden, rows)};
}

// Logits and weighted values of all heads; `width` is the width of all heads' values.
double attention(double queries, double keys, int64_t width) { return 2 * product(queries, width, keys); }

Cost triangle(const Sizes& s, int64_t channels) {
  return {6 * product(s.pairs, channels, channels) + times(channels, 2 * s.n * s.pairs),
          2 * s.pair(channels) + times(6 * channels * channels, s.trunk_weight),
          3 * times(channels, s.pairs)};
}

Cost grid_attention(const Sizes& s, int64_t channels, const LayerSizes& layer) {
  return {product(s.pairs, channels, layer.heads) + 5 * product(s.pairs, channels, layer.width()) +
              attention(s.pairs, s.n, layer.width()),
          2 * s.pair(channels) + times(channels * (layer.heads + 5 * layer.width()), s.trunk_weight),
          times(layer.heads, s.pairs * s.n) + times(layer.width(), s.pairs)};
}

Cost pair_layers(const Sizes& s, int64_t channels, const LayerSizes& layer) {
  return 2 * triangle(s, channels) + 2 * grid_attention(s, channels, layer) +
         transition(s.pairs, channels, layer.hidden, s.pair_element, s.trunk_weight);
}

// Logits [H, N * N] of a pair.
Cost pair_logits(const Sizes& s, int64_t channels, int64_t heads, double weight) {
  return {product(s.pairs, channels, heads),
          s.pair(channels) + times(channels * heads, weight) + rows_of(s.pairs, heads), 0};
}

// The attention of rows [q, k, v, gate] with a pair bias.
Cost biased_attention(const Sizes& s, double rows, const LayerSizes& layer) {
  return {attention(rows, s.n, layer.width()),
          rows_of(rows, 5 * layer.width()) + rows_of(s.pairs, layer.heads), times(layer.heads, rows * s.n)};
}

Cost single_attention(const Sizes& s, const LayerSizes& layer) {
  const int64_t channels = s.network.single_channels, width = layer.width();
  const Cost output =
      add_linear(s.n, width, channels, s.trunk_weight) + Cost{0, rows_of(s.n, 4 * width), times(width, s.n)};
  return pair_logits(s, s.network.pair_channels, layer.heads, s.trunk_weight) +
         linear(s.n, channels, 4 * width, s.trunk_weight) + biased_attention(s, s.n, layer) + output;
}

Cost pairformer(const Sizes& s, const PairformerSizes& stack) {
  return pair_layers(s, s.network.pair_channels, stack.pair) + single_attention(s, stack.single) +
         transition(s.n, s.network.single_channels, stack.single.hidden, kFloat, s.trunk_weight);
}

// --- Trunk

Cost msa_block(const Sizes& s, double depth) {
  const auto& stack = s.network.msa_stack;
  const int64_t channels = s.network.msa_channels, width = stack.msa.width(), e = stack.outer_channels,
                pair = s.network.pair_channels;
  const double rows = depth * s.n;
  const Cost outer{
      product(rows, channels, 2 * e) + product(s.n, e, times(e, s.n) * depth) + product(s.pairs, e * e, pair),
      rows_of(rows, channels) + 2 * s.pair(pair) + times(2 * e * channels + e * e * pair, s.trunk_weight), 0};
  const Cost msa{product(s.pairs, pair, stack.msa.heads) + 3 * product(rows, channels, width) +
                     product(s.pairs, width, depth),
                 s.pair(pair) + 2 * rows_of(rows, channels) +
                     times(pair * stack.msa.heads + 3 * channels * width, s.trunk_weight),
                 times(stack.msa.heads, s.pairs) + times(width, rows)};
  return outer + msa + transition(rows, channels, stack.msa.hidden, kFloat, s.trunk_weight) +
         pair_layers(s, pair, stack.pair);
}

Cost template_embedding(const Sizes& s, int64_t embeddings) {
  const int64_t channels = s.network.template_channels, pair = s.network.pair_channels;
  constexpr int64_t kFrame = 18;
  const double matrix = times(pair * channels, s.trunk_weight);
  const Cost features{product(s.pairs, pair, channels),
                      rows_of(s.n, kFrame) + s.pair(pair) + s.pair(channels) + matrix, 0};
  const Cost one = features +
                   static_cast<double>(s.network.template_stack.blocks) *
                       pair_layers(s, channels, s.network.template_stack.pair) +
                   moved(2 * s.pair(channels));
  // The first is copied into the sum, the others are added to it.
  const Cost sum = moved((2 + 3 * (kTemplateCount - 1)) * s.pair(channels));
  const Cost output{product(s.pairs, channels, pair), s.pair(channels) + 2 * s.pair(pair) + matrix, 0};
  return static_cast<double>(embeddings) * one + sum + output;
}

Cost embeddings(const Sizes& s, double depth) {
  const int64_t target = s.target_features(), p = s.network.pair_channels, c = s.network.single_channels,
                m = s.network.msa_channels;
  const double w = s.trunk_weight;
  const Cost pair = linear(s.n, target, 2 * p, w) +
                    Cost{product(s.pairs, p, p), rows_of(s.n, 2 * p) + 2 * s.pair(p) + times(p * p, w), 0};
  // The letters are integers.
  const Cost msa = linear(s.n, target, m, w) +
                   Cost{product(depth * s.n, kMsaFeatures, m),
                        rows_of(s.n, m) + times(kMsaFeatures * m, w) + rows_of(depth * s.n, m), 0};
  const Cost single = moved(2 * rows_of(s.n, c)) + linear(s.n, target, c, w) + add_linear(s.n, c, c, w) +
                      moved(2 * rows_of(s.n, c));
  return pair + msa + single;
}

// --- Atoms

double windows_of(double atoms) {
  const auto count = static_cast<int64_t>(atoms);
  return static_cast<double>((count + ops::kWindowQueries - 1) / ops::kWindowQueries);
}
// Bytes of the logits of all windows.
double window_logits(double atoms, int64_t heads) {
  return rows_of(windows_of(atoms) * ops::kWindowQueries, ops::kWindowKeys * heads);
}

// Sums of table rows; they read a position and a charge.
Cost atom_rows(double atoms, int64_t channels) { return moved(rows_of(atoms, channels + 4)); }

// The conditions of an atom transformer: of q, k and the transition a gate and a shift; two of zero.
Cost atom_conditions(double atoms, int64_t channels, const AtomTransformerSizes& t, double weight) {
  const Cost block{product(atoms, channels, 8 * channels),
                   rows_of(atoms, 10 * channels) + times(8 * channels * channels, weight),
                   times(5 * channels, atoms)};
  return moved(2 * rows_of(atoms, channels)) + static_cast<double>(t.blocks) * block;
}

// The logits of an atom transformer's blocks, from features that are made for all transformers.
Cost atom_logits(double atoms, int64_t pair_channels, const AtomTransformerSizes& t, double weight) {
  return static_cast<double>(t.blocks) *
         Cost{product(atoms * ops::kWindowKeys, pair_channels, t.heads),
              window_logits(atoms, t.heads) + times(pair_channels * t.heads, weight), 0};
}

Cost atom_pair_features(double atoms, int64_t channels, int64_t pair_channels, double weight) {
  return {2 * product(atoms, channels, pair_channels) +
              3 * product(atoms * ops::kWindowKeys, pair_channels, pair_channels),
          rows_of(atoms, channels) +
              times(2 * channels * pair_channels + 3 * pair_channels * pair_channels, weight),
          0};
}

// The blocks of an atom transformer for `samples` samples.
Cost atom_transformer(double samples, double atoms, int64_t channels, const AtomTransformerSizes& t,
                      double weight) {
  const double rows = samples * atoms;
  const int64_t width = t.width();
  // Two projections [q, gate] and [k, v], the attention, and the layer after it.
  const double activations = rows_of(rows, 4 * channels + 12 * width) + window_logits(atoms, t.heads);
  const Cost attended{5 * product(rows, channels, width) + attention(rows, ops::kWindowKeys, width),
                      activations + rows_of(atoms, 5 * channels) + times(5 * channels * width, weight),
                      times(t.heads * ops::kWindowKeys + width, rows)};
  const Cost ffw = transition(rows, channels, t.hidden, kFloat, weight) + moved(rows_of(atoms, 3 * channels));
  return static_cast<double>(t.blocks) * (attended + ffw);
}

// Of rows of all samples' atoms: [S * A, in] to [S * N, out].
Cost atoms_to_tokens(double samples, double atoms, double n, int64_t in, int64_t out, double weight) {
  return {product(samples * atoms, in, out),
          rows_of(samples * atoms, in) + times(in * out, weight) + rows_of(samples * n, out), 0};
}
Cost tokens_to_atoms(double samples, double atoms, double n, int64_t channels) {
  return moved(rows_of(samples * n, channels) + 2 * rows_of(samples * atoms, channels));
}

// float32, like the arrays that it makes.
Cost target_feat(const Sizes& s, double atoms) {
  const auto& c = s.network.conditioning;
  return atom_rows(atoms, c.atom_channels) + atom_conditions(atoms, c.atom_channels, c.encoder, kFloat) +
         atom_pair_features(atoms, c.atom_channels, c.atom_pair_channels, kFloat) +
         atom_logits(atoms, c.atom_pair_channels, c.encoder, kFloat) +
         atom_transformer(1, atoms, c.atom_channels, c.encoder, kFloat) +
         atoms_to_tokens(1, atoms, s.n, c.atom_channels, c.token_channels, kFloat) +
         moved(4 * rows_of(s.n, s.target_features()));
}

// --- Diffusion

Cost token_pair_logits(const Sizes& s) {
  const auto& t = s.network.diffusion.transformer;
  return static_cast<double>(t.all_blocks()) *
         pair_logits(s, s.network.diffusion.pair_channels, t.heads, s.diffusion_weight);
}

Cost condition_pair(const Sizes& s) {
  const auto& d = s.network.diffusion;
  const int64_t in = s.network.pair_channels, features = in + ops::kRelativeFeatures;
  const Cost first{
      product(s.pairs, features, d.pair_channels),
      s.pair(in) + s.pair(d.pair_channels) + times(features * d.pair_channels, s.diffusion_weight), 0};
  return first + 2 * transition(s.pairs, d.pair_channels, d.pair_hidden, s.pair_element, s.diffusion_weight);
}

Cost diffusion_preparation(const Sizes& s, double atoms, double samples) {
  const auto& d = s.network.diffusion;
  const double w = s.diffusion_weight;
  const int64_t single_inputs = s.network.single_channels + s.target_features(), c = d.atom_channels;
  const Cost single =
      moved(2 * rows_of(s.n, single_inputs)) + linear(s.n, single_inputs, d.single_channels, w);
  const Cost atom_cond = atom_rows(atoms, c) + linear(s.n, s.network.single_channels, c, w) +
                         tokens_to_atoms(1, atoms, s.n, c) + atom_conditions(atoms, c, d.encoder, w) +
                         atom_conditions(atoms, c, d.decoder, w);
  const Cost trunk_pair{product(s.pairs, d.pair_channels, d.atom_pair_channels),
                        s.pair(d.pair_channels) + times(d.pair_channels * d.atom_pair_channels, w), 0};
  return moved(2 * rows_of(samples * atoms, 3)) + condition_pair(s) + single + atom_cond + trunk_pair +
         atom_pair_features(atoms, c, d.atom_pair_channels, w) +
         atom_logits(atoms, d.atom_pair_channels, d.encoder, w) +
         atom_logits(atoms, d.atom_pair_channels, d.decoder, w);
}

Cost token_transformer(const Sizes& s, double samples) {
  const auto& d = s.network.diffusion;
  const auto& t = d.transformer;
  const double rows = samples * s.n, w = s.diffusion_weight;
  const int64_t c = d.token_channels, width = t.width();
  const Cost conditions{product(s.n, d.single_channels, 6 * c),
                        rows_of(s.n, 2 * d.single_channels + 6 * c) + times(6 * d.single_channels * c, w),
                        times(4 * c, s.n)};
  const Cost projections = linear(rows, c, 4 * width, w) + moved(rows_of(s.n, 2 * c));
  const Cost output =
      add_linear(rows, width, c, w) + Cost{0, rows_of(rows, 4 * width) + rows_of(s.n, c), times(width, rows)};
  const Cost ffw = transition(rows, c, t.hidden, kFloat, w) + moved(rows_of(s.n, 3 * c));
  return moved(2 * rows_of(s.n, d.single_channels)) +
         static_cast<double>(t.all_blocks()) *
             (conditions + projections + biased_attention(s, rows, t) + output + ffw);
}

// The single conditioning at a noise level.
Cost condition_noise(const Sizes& s) {
  const auto& d = s.network.diffusion;
  const double w = s.diffusion_weight;
  const Cost embedding = linear(1, kNoiseFeatures, d.single_channels, w);
  const Cost sum = moved(rows_of(1, d.single_channels) + 4 * rows_of(s.n, d.single_channels));
  return embedding + sum + 2 * transition(s.n, d.single_channels, d.single_hidden, kFloat, w);
}

Cost diffusion_step(const Sizes& s, double atoms, double samples) {
  const auto& d = s.network.diffusion;
  const double rows = samples * s.n, atom_rows = samples * atoms, w = s.diffusion_weight;
  const int64_t c = d.atom_channels, t = d.token_channels;
  const Cost sampler = moved(rows_of(atom_rows, 3 * (3 + 2 + 3)));  // augment, network_input, sampler_update
  const Cost encoder = moved(rows_of(atoms + atom_rows, c)) + add_linear(atom_rows, 3, c, w) +
                       atom_transformer(samples, atoms, c, d.encoder, w) +
                       atoms_to_tokens(samples, atoms, s.n, c, t, w);
  const Cost condition = linear(s.n, d.single_channels, t, w) + moved(rows_of(s.n + 2 * rows, t));
  const Cost decoder = moved(2 * rows_of(rows, t)) + moved(2 * rows_of(atom_rows, c)) +
                       linear(rows, t, c, w) + tokens_to_atoms(samples, atoms, s.n, c) +
                       atom_transformer(samples, atoms, c, d.decoder, w) + linear(atom_rows, c, 3, w);
  return sampler + condition_noise(s) + encoder + condition + token_transformer(s, samples) + decoder;
}

// --- Heads, whose logits are float32

Cost expectation(double rows, int64_t channels, double bytes, int64_t bins, double results) {
  return {product(rows, channels, bins), bytes + times(channels * bins, kFloat) + results * kFloat,
          times(bins, rows)};
}

Cost confidence(const Sizes& s) {
  const int64_t p = s.network.pair_channels, c = s.network.single_channels, slots = featurise::kAtomSlots;
  const Cost copies = moved(2 * s.pair(p) + 2 * rows_of(s.n, c));
  const Cost embedding = linear(s.n, s.target_features(), 2 * p, s.trunk_weight) +
                         moved(rows_of(s.n, 2 * p + 3) + 2 * s.pair(p));
  const Cost pde = expectation(s.pairs, p, s.pair(p), s.network.pde_bins, s.pairs) +
                   Cost{product(s.pairs, p, s.network.pde_bins), 0, 0};
  const Cost pae = expectation(s.pairs, p, s.pair(p), s.network.pae_bins, 3 * s.pairs);
  const double per_atom = times(slots, s.n);
  const Cost plddt = expectation(s.n, c, rows_of(s.n, c), slots * s.network.plddt_bins, per_atom) +
                     moved(2 * per_atom * kFloat);
  const Cost resolved = expectation(s.n, c, rows_of(s.n, c), slots * kResolvedClasses, per_atom);
  return copies + embedding +
         static_cast<double>(s.network.confidence.blocks) * pairformer(s, s.network.confidence) + pde + pae +
         plddt + resolved;
}

Cost distogram(const Sizes& s) {
  const int64_t p = s.network.pair_channels, bins = s.network.distogram_bins;
  return expectation(s.pairs, p, s.pair(p), bins, s.pairs) + Cost{product(s.pairs, p, bins), 0, 0};
}

double depth_of(int64_t msa_rows) { return static_cast<double>(std::min<int64_t>(msa_rows, kMsaDepth)); }

}  // namespace

double least_seconds(const Cost& cost, const MachineRates& rates) {
  return std::max(
      {cost.operations / rates.operations, cost.bytes / rates.bytes, cost.exponentials / rates.exponentials});
}

Cost pairformer_work(const NetworkSizes& network, int64_t tokens, Arithmetic arithmetic) {
  return pairformer(Sizes(network, tokens, arithmetic), network.trunk);
}

Cost msa_block_work(const NetworkSizes& network, int64_t tokens, int64_t msa_rows, Arithmetic arithmetic) {
  return msa_block(Sizes(network, tokens, arithmetic), depth_of(msa_rows));
}

Work work_of(const NetworkSizes& network, const WorkSize& size) {
  const Sizes s(network, size.tokens, size.arithmetic);
  const auto atoms = static_cast<double>(size.atoms), samples = static_cast<double>(size.samples);
  const double depth = depth_of(size.msa_rows);
  Work work;
  work.target_feat = target_feat(s, atoms);
  work.trunk_pass = embeddings(s, depth) + template_embedding(s, size.template_embeddings) +
                    static_cast<double>(network.msa_stack.blocks) * msa_block(s, depth) +
                    static_cast<double>(network.trunk.blocks) * pairformer(s, network.trunk);
  work.diffusion_preparation = diffusion_preparation(s, atoms, samples);
  work.diffusion_step = diffusion_step(s, atoms, samples);
  (size.keep_pair_logits ? work.diffusion_preparation : work.diffusion_step) += token_pair_logits(s);
  work.confidence_sample = confidence(s);
  work.distogram = distogram(s);
  return work;
}

Cost total_work(const NetworkSizes& network, const WorkSize& size, int recycles, int steps) {
  const Work work = work_of(network, size);
  return work.target_feat + static_cast<double>(recycles + 1) * work.trunk_pass + work.diffusion_preparation +
         static_cast<double>(steps) * work.diffusion_step +
         static_cast<double>(size.samples) * work.confidence_sample + work.distogram;
}

}  // namespace pleat::model
