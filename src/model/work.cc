#include "model/work.h"

#include <algorithm>

#include "featurise/batch.h"

namespace pleat {
namespace {

// The official network's sizes.
constexpr double kPair = 128, kTemplatePair = 64, kSingle = 384, kTargetFeat = 447;
constexpr double kMsa = 64, kMsaFeatures = 34, kOuter = 32, kMsaHeads = 8;
constexpr int64_t kMsaDepth = 1024;
constexpr double kGridHeads = 4, kSingleHeads = 16;
constexpr double kMsaBlocks = 4, kTrunkBlocks = 48, kTemplateBlocks = 2, kConfidenceBlocks = 4;
constexpr double kToken = 768, kTokenBlocks = 24, kTokenHeads = 16, kNoise = 256, kRelative = 139;
constexpr double kAtom = 128, kAtomPair = 16, kAtomBlocks = 3, kAtomHeads = 4;
constexpr double kBins = 64, kPlddtBins = 50, kResolvedBins = 2;

double product(double m, double k, double n) { return 2 * m * k * n; }

// A gated unit into `factor` times the channels, and back.
double transition(double rows, double channels, double factor) {
  return product(rows, channels, 3 * factor * channels);
}

// Logits and weighted values of all heads, whose values are `width` wide together.
double attention(double queries, double keys, double width) { return 2 * product(queries, width, keys); }

double pair_layers(double n, double channels, double factor) {
  const double pairs = n * n;
  const double triangle = 6 * product(pairs, channels, channels) + channels * product(n, n, n);
  const double grid = product(pairs, channels, kGridHeads) + 5 * product(pairs, channels, channels) +
                      attention(pairs, n, channels);
  return 2 * triangle + 2 * grid + transition(pairs, channels, factor);
}

double template_embedding(double n, double embeddings) {
  const double one =
      product(n * n, kPair, kTemplatePair) + kTemplateBlocks * pair_layers(n, kTemplatePair, 2);
  return embeddings * one + product(n * n, kTemplatePair, kPair);
}

double embeddings(double n, double depth) {
  const double pair = product(n, kTargetFeat, 2 * kPair) + product(n * n, kPair, kPair);
  const double msa = product(n, kTargetFeat, kMsa) + product(depth * n, kMsaFeatures, kMsa);
  return pair + msa + product(n, kTargetFeat + kSingle, kSingle);
}

// --- Atoms

// What is made before the first pass of an atom transformer: conditioning of its blocks, and pair logits.
double atom_conditioning(double atoms) {
  return kAtomBlocks *
         (product(atoms, kAtom, 8 * kAtom) + product(atoms * featurise::kKeys, kAtomPair, kAtomHeads));
}

double atom_pair_features(double atoms) {
  return 2 * product(atoms, kAtom, kAtomPair) + 3 * product(atoms * featurise::kKeys, kAtomPair, kAtomPair);
}

double atom_transformer(double rows) {
  const double projections = 5 * product(rows, kAtom, kAtom);
  return kAtomBlocks * (projections + attention(rows, featurise::kKeys, kAtom) + transition(rows, kAtom, 2));
}

double target_feat(double atoms) {
  return atom_pair_features(atoms) + atom_conditioning(atoms) + atom_transformer(atoms) +
         product(atoms, kAtom, kSingle);
}

// --- Diffusion

double token_pair_logits(double n) { return kTokenBlocks * product(n * n, kPair, kTokenHeads); }

double diffusion_preparation(double n, double atoms) {
  const double pair = product(n * n, kPair + kRelative, kPair) + 2 * transition(n * n, kPair, 2);
  const double single = product(n, kSingle + kTargetFeat, kSingle) + product(n, kSingle, kAtom);
  return pair + single + product(n * n, kPair, kAtomPair) + atom_pair_features(atoms) +
         2 * atom_conditioning(atoms);
}

double token_transformer(double n, double rows) {
  const double conditioning = product(n, kSingle, 6 * kToken);
  return kTokenBlocks * (conditioning + 5 * product(rows, kToken, kToken) + attention(rows, n, kToken) +
                         transition(rows, kToken, 2));
}

double diffusion_step(double n, double atoms, double samples) {
  const double rows = samples * n, atom_rows = samples * atoms;
  const double noise =
      product(1, kNoise, kSingle) + 2 * transition(n, kSingle, 2) + product(n, kSingle, kToken);
  const double to_tokens = product(atom_rows, 3, kAtom) + product(atom_rows, kAtom, kToken);
  const double to_atoms = product(rows, kToken, kAtom) + product(atom_rows, kAtom, 3);
  return noise + to_tokens + to_atoms + 2 * atom_transformer(atom_rows) + token_transformer(n, rows);
}

double confidence(int64_t tokens) {
  const auto n = static_cast<double>(tokens);
  return product(n, kTargetFeat, 2 * kPair) + kConfidenceBlocks * pairformer_work(tokens) +
         3 * product(n * n, kPair, kBins) +
         product(n, kSingle, featurise::kAtomSlots * (kPlddtBins + kResolvedBins));
}

}  // namespace

double pairformer_work(int64_t tokens) {
  const auto n = static_cast<double>(tokens);
  const double single_attention =
      product(n * n, kPair, kSingleHeads) + 5 * product(n, kSingle, kSingle) + attention(n, n, kSingle);
  return pair_layers(n, kPair, 4) + single_attention + transition(n, kSingle, 4);
}

double msa_block_work(int64_t tokens, int64_t msa_rows) {
  const auto n = static_cast<double>(tokens);
  const auto depth = static_cast<double>(std::min(msa_rows, kMsaDepth));
  const double rows = depth * n;
  const double outer = product(rows, kMsa, 2 * kOuter) + product(n * kOuter, depth, n * kOuter) +
                       product(n * n, kOuter * kOuter, kPair);
  const double msa = product(n * n, kPair, kMsaHeads) + 3 * product(rows, kMsa, kMsa) +
                     product(n, n, depth * kMsa) + transition(rows, kMsa, 4);
  return outer + msa + pair_layers(n, kPair, 4);
}

Work work_of(const WorkSize& size) {
  const auto n = static_cast<double>(size.tokens), atoms = static_cast<double>(size.atoms);
  const auto depth = static_cast<double>(std::min(size.msa_rows, kMsaDepth));
  Work work;
  work.target_feat = target_feat(atoms);
  work.trunk_pass =
      embeddings(n, depth) + template_embedding(n, static_cast<double>(size.template_embeddings)) +
      kMsaBlocks * msa_block_work(size.tokens, size.msa_rows) + kTrunkBlocks * pairformer_work(size.tokens);
  work.diffusion_preparation = diffusion_preparation(n, atoms);
  work.diffusion_step = diffusion_step(n, atoms, static_cast<double>(size.samples));
  (size.keep_pair_logits ? work.diffusion_preparation : work.diffusion_step) += token_pair_logits(n);
  work.confidence_sample = confidence(size.tokens);
  work.distogram = 2 * product(n * n, kPair, kBins);
  return work;
}

double total_work(const WorkSize& size, int recycles, int steps) {
  const Work work = work_of(size);
  return work.target_feat + (recycles + 1) * work.trunk_pass + work.diffusion_preparation +
         steps * work.diffusion_step + static_cast<double>(size.samples) * work.confidence_sample +
         work.distogram;
}

}  // namespace pleat
