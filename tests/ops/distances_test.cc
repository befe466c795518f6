// The distance histogram and the relative encoding.
#include "ops/distances.h"

#include <gtest/gtest.h>

#include "ops/relative_encoding.h"

namespace pleat::ops {
namespace {

TEST(Dgram, BinsAreOpenIntervals) {
  EXPECT_EQ(dgram_bin(0.0f), -1);
  EXPECT_EQ(dgram_bin(3.25f * 3.25f), -1);
  EXPECT_EQ(dgram_bin(std::nextafter(3.25f * 3.25f, 100.0f)), 0);
  EXPECT_EQ(dgram_bin(4.0f * 4.0f), 0);
  // Exactly on an edge between two bins: in neither.
  EXPECT_EQ(dgram_bin(4.5f * 4.5f), -1);
  EXPECT_EQ(dgram_bin(24.5f * 24.5f), -1);
  EXPECT_EQ(dgram_bin(std::nextafter(24.5f * 24.5f, 1e9f)), 17);
  EXPECT_EQ(dgram_bin(std::nextafter(24.5f * 24.5f, 0.0f)), 16);
  EXPECT_EQ(dgram_bin(1000.0f * 1000.0f), 38);
}

// Two chains of one entity: residues 1 and 50 of the first, two tokens of residue 1 of the second.
constexpr TokenIdentity kTokens[] = {{1, 1, 1, 1, 1}, {50, 2, 1, 1, 1}, {1, 3, 2, 1, 2}, {1, 4, 2, 1, 2}};

TEST(RelativeEncoding, WithinAndBetweenChains) {
  // Same chain, 49 residues later: clipped to -32 -> 0 from the row's side.
  RelativeEncoding r = relative_encoding(kTokens[0], kTokens[1]);
  EXPECT_EQ(r.residue, 0);
  EXPECT_EQ(r.token, 66 + 65);  // not the same residue
  EXPECT_EQ(r.chain, 133 + 2);
  EXPECT_TRUE(r.entity);
  EXPECT_EQ(relative_encoding(kTokens[1], kTokens[0]).residue, 64);
  // Another chain of the same entity.
  r = relative_encoding(kTokens[0], kTokens[2]);
  EXPECT_EQ(r.residue, 65);
  EXPECT_EQ(r.token, 66 + 65);
  EXPECT_EQ(r.chain, 133 + 1);
  // Two tokens of one residue.
  r = relative_encoding(kTokens[3], kTokens[2]);
  EXPECT_EQ(r.residue, 32);
  EXPECT_EQ(r.token, 66 + 33);
}

TEST(RelativeEncoding, AnotherEntity) {
  TokenIdentity other = kTokens[2];
  other.entity_id = 2;
  const RelativeEncoding r = relative_encoding(kTokens[0], other);
  EXPECT_FALSE(r.entity);
  EXPECT_EQ(r.chain, 133 + 5);
}

}  // namespace
}  // namespace pleat::ops
