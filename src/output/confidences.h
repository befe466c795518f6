// Scores of a sample from its error estimates, summed in double precision. docs/specs/outputs.md, section 2;
// the reference's model/confidences.py.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "featurise/structure_layout.h"

namespace pleat::output {

// Square matrix by chain pair; rows first.
using ChainMatrix = std::vector<std::vector<double>>;

// The chain of each token, and whether the token has a frame to align on (fewer than three atoms, or
// collinear ones, give none).
struct TokenFrames {
  std::vector<int> chain;  // [n] index in asym id order
  std::vector<uint8_t> has_frame;
  int chains = 0;

  size_t size() const { return chain.size(); }
};

// frames_mask has one entry per token.
TokenFrames token_frames(const featurise::StructureLayout& layout, std::span<const uint8_t> frames_mask);

// max over i of the mean over j of tm[i, j], with i and j among `tokens`; with `interface`, j only from other
// chains than i's. A token without a frame scores 0 as i. NaN when no pair counts. tm: [n, n] TM-adjusted
// PAE.
double predicted_tm_score(std::span<const float> tm, const TokenFrames& frames, std::span<const int> tokens,
                          bool interface);

// The same over all tokens: pTM, and with `interface` ipTM (both from the global matrix).
double predicted_tm_score(std::span<const float> tm, const TokenFrames& frames, bool interface);

// Entry (a, b): the interface score of the tokens of chains a and b; (a, a): the score of chain a alone.
// Symmetric. tm: the interface matrix.
ChainMatrix chain_pair_iptm(std::span<const float> tm, const TokenFrames& frames);

// Each chain's mean score with the other chains, without NaN entries; NaN when none is left.
std::vector<double> chain_iptm(const ChainMatrix& chain_pair_iptm);

// Entry (a, b): the smallest PAE of tokens of chain b in frames of chain a; NaN when a has no frame. pae: [n,
// n].
ChainMatrix chain_pair_pae_min(std::span<const float> pae, const TokenFrames& frames);

// 0.8 ipTM + 0.2 pTM (pTM alone when ipTM is NaN) + 0.5 fraction disordered - 100 when chains clash.
double ranking_score(double ptm, double iptm, double fraction_disordered, bool has_clash);

// All of a sample's scores.
struct Confidences {
  double ptm = 0, iptm = 0;
  ChainMatrix chain_pair_iptm, chain_pair_pae_min;
  std::vector<double> chain_ptm, chain_iptm;
  double fraction_disordered = 0;
  bool has_clash = false;
  double ranking_score = 0;
};

}  // namespace pleat::output
