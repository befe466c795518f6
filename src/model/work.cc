#include "model/work.h"

#include <algorithm>

#include "model/confidence_head.h"
#include "model/featurization.h"
#include "model/noise_level_embeddings.h"
#include "ops/relative_encoding.h"

namespace pleat::model {

using weights::AtomTransformerSizes;
using weights::LayerSizes;
using weights::NetworkSizes;
using weights::PairformerSizes;

namespace {

// Operations of an [m, k] by [k, n] product.
double product(double m, int64_t k, double n) { return 2 * m * static_cast<double>(k) * n; }
double product(double m, int64_t k, int64_t n) { return product(m, k, static_cast<double>(n)); }

double times(int64_t count, double work) { return static_cast<double>(count) * work; }

// A gated unit into `hidden` channels, and back.
double transition(double rows, int64_t channels, int64_t hidden) {
  return product(rows, channels, 3 * hidden);
}

// Logits and weighted values of all heads; `width` is the width of all heads' values.
double attention(double queries, double keys, int64_t width) { return 2 * product(queries, width, keys); }

int64_t target_features(const NetworkSizes& network) {
  return kTokenFeatures + network.conditioning.token_channels;
}

double pair_layers(double n, int64_t channels, const LayerSizes& layer) {
  const double pairs = n * n;
  const double triangle = 6 * product(pairs, channels, channels) + times(channels, 2 * n * n * n);
  const double grid = product(pairs, channels, layer.heads) + 5 * product(pairs, channels, layer.width()) +
                      attention(pairs, n, layer.width());
  return 2 * triangle + 2 * grid + transition(pairs, channels, layer.hidden);
}

double pairformer(const NetworkSizes& network, const PairformerSizes& stack, double n) {
  const int64_t width = stack.single.width();
  const double single = product(n * n, network.pair_channels, stack.single.heads) +
                        5 * product(n, network.single_channels, width) + attention(n, n, width) +
                        transition(n, network.single_channels, stack.single.hidden);
  return pair_layers(n, network.pair_channels, stack.pair) + single;
}

double msa_block(const NetworkSizes& network, double n, double depth) {
  const auto& stack = network.msa_stack;
  const int64_t channels = network.msa_channels, width = stack.msa.width(), e = stack.outer_channels;
  const double rows = depth * n;
  const double outer = product(rows, channels, 2 * e) + product(n, e, times(e, n) * depth) +
                       product(n * n, e * e, network.pair_channels);
  const double msa = product(n * n, network.pair_channels, stack.msa.heads) +
                     3 * product(rows, channels, width) + product(n * n, width, depth) +
                     transition(rows, channels, stack.msa.hidden);
  return outer + msa + pair_layers(n, network.pair_channels, stack.pair);
}

double template_embedding(const NetworkSizes& network, double n, int64_t embeddings) {
  const int64_t channels = network.template_channels;
  const double one =
      product(n * n, network.pair_channels, channels) +
      times(network.template_stack.blocks, pair_layers(n, channels, network.template_stack.pair));
  return times(embeddings, one) + product(n * n, channels, network.pair_channels);
}

double embeddings(const NetworkSizes& network, double n, double depth) {
  const int64_t target = target_features(network), p = network.pair_channels, s = network.single_channels,
                m = network.msa_channels;
  const double pair = product(n, target, 2 * p) + product(n * n, p, p);
  const double msa = product(n, target, m) + product(depth * n, kMsaFeatures, m);
  return pair + msa + product(n, target + s, s);
}

// --- Atoms

// The preparation of an atom transformer: the conditioning of its blocks, and the pair logits.
double atom_conditioning(double atoms, int64_t channels, int64_t pair_channels,
                         const AtomTransformerSizes& t) {
  return times(t.blocks, product(atoms, channels, 8 * channels) +
                             product(atoms * ops::kWindowKeys, pair_channels, t.heads));
}

double atom_pair_features(double atoms, int64_t channels, int64_t pair_channels) {
  return 2 * product(atoms, channels, pair_channels) +
         3 * product(atoms * ops::kWindowKeys, pair_channels, pair_channels);
}

double atom_transformer(double rows, int64_t channels, const AtomTransformerSizes& t) {
  return times(t.blocks, 5 * product(rows, channels, t.width()) +
                             attention(rows, ops::kWindowKeys, t.width()) +
                             transition(rows, channels, t.hidden));
}

double target_feat(const NetworkSizes& network, double atoms) {
  const auto& c = network.conditioning;
  return atom_pair_features(atoms, c.atom_channels, c.atom_pair_channels) +
         atom_conditioning(atoms, c.atom_channels, c.atom_pair_channels, c.encoder) +
         atom_transformer(atoms, c.atom_channels, c.encoder) +
         product(atoms, c.atom_channels, c.token_channels);
}

// --- Diffusion

double token_pair_logits(const NetworkSizes& network, double n) {
  const auto& t = network.diffusion.transformer;
  return times(t.all_blocks(), product(n * n, network.diffusion.pair_channels, t.heads));
}

double diffusion_preparation(const NetworkSizes& network, double n, double atoms) {
  const auto& d = network.diffusion;
  const int64_t single_inputs = network.single_channels + target_features(network);
  const double pair = product(n * n, network.pair_channels + ops::kRelativeFeatures, d.pair_channels) +
                      2 * transition(n * n, d.pair_channels, d.pair_hidden);
  const double single =
      product(n, single_inputs, d.single_channels) + product(n, network.single_channels, d.atom_channels);
  return pair + single + product(n * n, d.pair_channels, d.atom_pair_channels) +
         atom_pair_features(atoms, d.atom_channels, d.atom_pair_channels) +
         atom_conditioning(atoms, d.atom_channels, d.atom_pair_channels, d.encoder) +
         atom_conditioning(atoms, d.atom_channels, d.atom_pair_channels, d.decoder);
}

double token_transformer(const NetworkSizes& network, double n, double rows) {
  const auto& d = network.diffusion;
  const auto& t = d.transformer;
  const double conditioning = product(n, d.single_channels, 6 * d.token_channels);
  return times(t.all_blocks(), conditioning + 5 * product(rows, d.token_channels, t.width()) +
                                   attention(rows, n, t.width()) +
                                   transition(rows, d.token_channels, t.hidden));
}

double diffusion_step(const NetworkSizes& network, double n, double atoms, double samples) {
  const auto& d = network.diffusion;
  const double rows = samples * n, atom_rows = samples * atoms;
  const double noise = product(1, kNoiseFeatures, d.single_channels) +
                       2 * transition(n, d.single_channels, d.single_hidden) +
                       product(n, d.single_channels, d.token_channels);
  const double to_tokens =
      product(atom_rows, 3, d.atom_channels) + product(atom_rows, d.atom_channels, d.token_channels);
  const double to_atoms =
      product(rows, d.token_channels, d.atom_channels) + product(atom_rows, d.atom_channels, int64_t{3});
  return noise + to_tokens + to_atoms + atom_transformer(atom_rows, d.atom_channels, d.encoder) +
         atom_transformer(atom_rows, d.atom_channels, d.decoder) + token_transformer(network, n, rows);
}

double confidence(const NetworkSizes& network, double n) {
  const int64_t p = network.pair_channels;
  return product(n, target_features(network), 2 * p) +
         times(network.confidence.blocks, pairformer(network, network.confidence, n)) +
         product(n * n, p, 2 * network.pde_bins + network.pae_bins) +
         product(n, network.single_channels, featurise::kAtomSlots * (network.plddt_bins + kResolvedClasses));
}

double depth_of(int64_t msa_rows) { return static_cast<double>(std::min<int64_t>(msa_rows, kMsaDepth)); }

}  // namespace

double pairformer_work(const NetworkSizes& network, int64_t tokens) {
  return pairformer(network, network.trunk, static_cast<double>(tokens));
}

double msa_block_work(const NetworkSizes& network, int64_t tokens, int64_t msa_rows) {
  return msa_block(network, static_cast<double>(tokens), depth_of(msa_rows));
}

Work work_of(const NetworkSizes& network, const WorkSize& size) {
  const auto n = static_cast<double>(size.tokens), atoms = static_cast<double>(size.atoms);
  const double depth = depth_of(size.msa_rows);
  Work work;
  work.target_feat = target_feat(network, atoms);
  work.trunk_pass = embeddings(network, n, depth) + template_embedding(network, n, size.template_embeddings) +
                    times(network.msa_stack.blocks, msa_block(network, n, depth)) +
                    times(network.trunk.blocks, pairformer(network, network.trunk, n));
  work.diffusion_preparation = diffusion_preparation(network, n, atoms);
  work.diffusion_step = diffusion_step(network, n, atoms, static_cast<double>(size.samples));
  (size.keep_pair_logits ? work.diffusion_preparation : work.diffusion_step) += token_pair_logits(network, n);
  work.confidence_sample = confidence(network, n);
  work.distogram = 2 * product(n * n, network.pair_channels, network.distogram_bins);
  return work;
}

double total_work(const NetworkSizes& network, const WorkSize& size, int recycles, int steps) {
  const Work work = work_of(network, size);
  return work.target_feat + (recycles + 1) * work.trunk_pass + work.diffusion_preparation +
         steps * work.diffusion_step + static_cast<double>(size.samples) * work.confidence_sample +
         work.distogram;
}

}  // namespace pleat::model
