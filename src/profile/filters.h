// The integer filters that drop most targets before the full models see them. All are exact whatever the
// vectors' width: their sums saturate, and only maxima are taken. Scores are in nats; overflow is infinity.
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

// A profile's 8-bit and 16-bit scores as the vectors of one instruction set read them. Node k (from 0) of a
// profile striped over Q vectors is in vector k % Q, lane k / Q.
struct FilterTables {
  FilterTables() = default;
  explicit FilterTables(const Profile& profile);

  int bytes = 0;  // of a vector

  // Ungapped segments. The nodes form a ring, with at least one that ends every segment between the last and the
  // first, so that a diagonal runs on without a check. The vectors of one code are followed by what a diagonal
  // meets after them, up to `period` and a band further; then all lanes turn by `copies`.
  int byte_vectors = 0, copies = 0, period = 0;
  size_t segment_stride = 0;
  AlignedVector<int8_t> segment;  // cost less bias
  AlignedVector<uint8_t> cost;    // the same nodes once, for local alignments of several segments

  int word_vectors = 0;
  AlignedVector<int16_t> score, transition;  // [code][q], [q][transition]
};

// Whether a segment may reach `threshold`, 129..255 - bias. True for every target that has one; true for few others.
bool may_reach(const Profile& profile, Target target, int threshold);
// The best ungapped segment: the highest byte of all cells, of which 128 is the floor. Exact below 255 - bias.
int best_segment(const Profile& profile, Target target);
// Several segments. `best_segment` of the target tells where one is enough.
float msv_filter(const Profile& profile, const LengthModel& model, Target target, int best_segment);
float msv_filter(const Profile& profile, const LengthModel& model, Target target);
float viterbi_filter(const Profile& profile, const LengthModel& model, Target target);

// The null model's score with a correction for composition.
float bias_filter(const Profile& profile, Target target);

// What the best segment says without alignment of several: the score, or that it takes several (NaN).
float segment_score(const Profile& profile, const LengthModel& model, int best_segment);

}  // namespace pleat::profile
