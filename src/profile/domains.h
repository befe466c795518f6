// The domains of a target: where its homologous regions are, what each scores, and how it aligns.
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
  std::string row;  // A3M: matches upper case, deletions '-', insertions lower case
};

struct DomainSet {
  std::vector<Domain> domains;
  std::vector<float> null2;  // log odds of each position, from index 1
  int overlaps = 0;
};

// Buffers that are used again from target to target.
struct Workspace {
  Matrix forward, backward, region_forward, region_backward;
};

// Expects the two parsers' rows in `work.forward` and `work.backward`. False: the target is dropped, as HMMER
// drops it. Throws std::runtime_error where HMMER would stop.
bool find_domains(const Profile& profile, Target target, Workspace& work, DomainSet& out);

}  // namespace pleat::profile
