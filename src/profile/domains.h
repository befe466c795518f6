// The domains of targets: where their homologous regions are, what each scores, and how it aligns.
// docs/specs/hmmer-search.md, section 4.
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
  bool has_gap = false;  // whether a gap of the target's own is in the alignment
  std::string row;       // A3M: matches upper case, deletions '-', insertions lower case
};

struct DomainSet {
  bool dropped = false;  // as HMMER drops a target whose posteriors are out of range
  std::vector<Domain> domains;
  std::vector<float> null2;  // log odds of each position, from index 1
  int overlaps = 0;
};

// Whole matrices of one bundle that are larger are made by one thread at a time, and given back.
inline constexpr size_t kLargeMatrixBytes = size_t{128} << 20;

// Buffers that are used again from target to target, by one thread.
struct Workspace {
  Matrix forward, backward, region_forward, region_backward;
};

// What HMMER would stop at: a chance of a target that is zero, infinite or no number.
struct OutOfRange {
  size_t target;  // of those searched together
};

// The domains of targets that are searched together, whose Forward and Backward have filled `work`. Throws
// OutOfRange, std::runtime_error without a path.
std::vector<DomainSet> find_domains(const Profile& profile, std::span<const Subject> subjects,
                                    Workspace& work);

}  // namespace pleat::profile
