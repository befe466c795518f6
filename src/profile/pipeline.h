// One query against one target, then all targets: which hit, with which scores, in which order.
// docs/specs/hmmer-search.md, sections 3-5.
#pragma once

#include <optional>
#include <string>

#include "profile/domains.h"

namespace pleat::profile {

struct Options {
  double f1 = 5e-4, f2 = 5e-5, f3 = 5e-7;  // of the filters: the largest P-values that pass
  double most_e = 1e-4;                    // E-value of a target that is reported and included
  double most_domain_e = 10, most_included_domain_e = 0.001;
  std::optional<double> size;  // of the database, in sequences; else those that were read
};

// How many targets passed each stage, as HMMER's summary counts them.
struct Counts {
  size_t targets = 0, msv = 0, bias = 0, viterbi = 0, forward = 0;
};

struct Hit {
  std::string name, description;
  size_t ordinal = 0;  // of the target in its database
  float score = 0, pre_score = 0;
  double log_p = 0;
  int best = 0;  // domain
  int overlaps = 0;
  std::vector<Domain> domains;
  std::vector<char> reported, included;  // a domain each
};

// Null without a hit. Throws std::runtime_error where HMMER would stop.
std::optional<Hit> find_hit(const Profile& profile, const Options& options, const Codes& target,
                            Workspace& work, Counts& counts);

// Sorts, and keeps what the thresholds report; returns the targets that are reported.
std::vector<Hit> reported_hits(std::vector<Hit> hits, const Options& options, size_t targets);

}  // namespace pleat::profile
