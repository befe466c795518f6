// The integer filters, which drop most targets before the full models. All are exact for any vector width:
// sums saturate, and only maxima are taken. Scores are in nats; overflow is infinity.
// docs/specs/hmmer-search.md, section 3.
#pragma once

#include <cstdint>
#include <span>

#include "profile/aligned.h"

namespace pleat::profile {

using Target = std::span<const uint8_t>;  // codes; position i (from 1) is at i - 1

struct Profile;
struct LengthModel;

inline constexpr int kByteBase = 190, kByteEndCost = 3, kByteFloor = 128;

// A profile's 8-bit and 16-bit scores in the vector layout of one instruction set. Node k (from 0) of a
// profile striped over Q vectors is in vector k % Q, lane k / Q.
struct FilterTables {
  FilterTables() = default;
  explicit FilterTables(const Profile& profile);

  int bytes = 0;  // of a vector

  // Ungapped segments. The nodes form a ring; at least one node between the last and the first ends every
  // segment, so that a diagonal continues without a check. After the vectors of one code come those that a
  // diagonal meets next, up to `period` and a band further; then all lanes rotate by `copies`.
  int byte_vectors = 0, copies = 0, period = 0;
  size_t segment_stride = 0;
  AlignedVector<int8_t> segment;  // cost less bias
  AlignedVector<uint8_t> cost;    // the nodes without repetition, for alignments of several segments

  int word_vectors = 0;
  AlignedVector<int16_t> score, transition;  // [code][q], [q][transition]
};

// Whether a segment may reach `threshold`, 129..255 - bias. True for every target with such a segment, and
// for few others.
bool may_reach(const Profile& profile, Target target, int threshold);
// The best ungapped segment: the highest byte of all cells, at least 128. Exact below 255 - bias.
int best_segment(const Profile& profile, Target target);
// The score of several segments; uses the target's `best_segment` where one is enough.
float msv_filter(const Profile& profile, const LengthModel& model, Target target, int best_segment);
float msv_filter(const Profile& profile, const LengthModel& model, Target target);
float viterbi_filter(const Profile& profile, const LengthModel& model, Target target);

// The null model's score with a correction for composition.
float bias_filter(const Profile& profile, Target target);

// The score by the best segment alone; NaN if it takes several segments.
float segment_score(const Profile& profile, const LengthModel& model, int best_segment);

}  // namespace pleat::profile
