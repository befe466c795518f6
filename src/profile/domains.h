// The domains of targets: their homologous regions, with scores and alignments. docs/specs/hmmer-search.md,
// section 4.
#pragma once

#include <string>
#include <vector>

#include "profile/forward.h"

namespace pleat::profile {

struct Domain {
  int env_from = 0, env_to = 0;  // of the target, from 1
  int from = 0, to = 0;          // of the alignment: first to last match
  float env_score = 0, correction = 0;
  float score = 0, bias = 0;  // bits, nats
  double log_p = 0;
  bool has_gap = false;  // whether the alignment has a gap of the target sequence itself
  std::string row;       // A3M: matches upper case, deletions '-', insertions lower case
};

struct DomainSet {
  bool dropped = false;  // HMMER drops a target whose posteriors are out of range
  std::vector<Domain> domains;
  std::vector<float> null2;  // log odds of each position, from index 1
  int overlaps = 0;
};

// Larger full matrices of a bundle are made by one thread at a time, then freed.
inline constexpr size_t kLargeMatrixBytes = size_t{128} << 20;

// Buffers that one thread reuses from target to target.
struct Workspace {
  Matrix forward, backward, region_forward, region_backward;
};

// A target's probability is zero, infinite or NaN; HMMER would stop.
struct OutOfRange {
  size_t target;  // index among the targets searched together
};

// The domains of targets searched together; Forward and Backward have filled `work`. Throws OutOfRange;
// std::runtime_error when there is no path.
std::vector<DomainSet> find_domains(const Profile& profile, std::span<const Subject> subjects,
                                    Workspace& work);

}  // namespace pleat::profile
