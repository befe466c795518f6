// Paths through the model: sampled paths, and the path of optimal accuracy. docs/specs/hmmer-search.md,
// section 4.
#pragma once

#include "profile/forward.h"
#include "profile/vectors.h"

namespace pleat::profile {

enum class State : uint8_t { start, n, begin, match, del, insert, end, j, c, terminal };

struct Step {
  State state;
  int k, i;  // node and position; 0 for none
};

// The path of one target of a bundle, from start to end. Throw std::runtime_error when there is none.
std::vector<Step> sample_trace(FastRandom& random, const Profile& profile, const LengthModel& model,
                               const Matrix& forward, int target);
// `scores` are optimal_fill()'s.
std::vector<Step> optimal_trace(const Profile& profile, const LengthModel& model, const Matrix& posterior,
                                const Matrix& scores, int target);

}  // namespace pleat::profile
