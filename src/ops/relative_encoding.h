// The relative encoding of a token pair (algorithm 3; the reference's create_relative_encoding).
#pragma once

#include <algorithm>
#include <cstdint>

namespace pleat::ops {

constexpr int64_t kRelativeFeatures = 139;  // 66 residue + 66 token + 1 same entity + 6 chain
constexpr int64_t kSameEntityFeature = 132;

// The encoding's inputs for a token, the columns of Backend's tokens [N, 5].
struct TokenIdentity {
  int residue_index = 0, token_index = 0, asym_id = 0, entity_id = 0, sym_id = 0;
};
constexpr int64_t kTokenIdentityColumns = 5;

// The positions of the ones in a pair's features; `entity`: whether feature 132 is one.
struct RelativeEncoding {
  int residue = 0, token = 0, chain = 0;
  bool entity = false;
};

// Differences i - j, clipped to 32 residues or tokens and 2 chains; one extra class each for pairs of
// different chains, residues and entities.
constexpr RelativeEncoding relative_encoding(const TokenIdentity& i, const TokenIdentity& j) {
  constexpr int kMaxRelative = 32, kMaxChain = 2;
  constexpr int kOther = 2 * kMaxRelative + 1, kPositions = kOther + 1, kOtherChain = 2 * kMaxChain + 1;
  const bool same_chain = i.asym_id == j.asym_id;
  const bool same_residue = same_chain && i.residue_index == j.residue_index;
  const auto clipped = [](int difference, int limit) { return std::clamp(difference + limit, 0, 2 * limit); };
  RelativeEncoding out;
  out.entity = i.entity_id == j.entity_id;
  out.residue = same_chain ? clipped(i.residue_index - j.residue_index, kMaxRelative) : kOther;
  out.token = kPositions + (same_residue ? clipped(i.token_index - j.token_index, kMaxRelative) : kOther);
  out.chain = 2 * kPositions + 1 + (out.entity ? clipped(i.sym_id - j.sym_id, kMaxChain) : kOtherChain);
  return out;
}

}  // namespace pleat::ops
