// Clusters sampled domains: finds the domains that many sampled paths share. docs/specs/hmmer-search.md,
// section 4.
#pragma once

#include <vector>

namespace pleat::profile {

// One domain of one sampled path: positions i..j of the target at nodes k..m.
struct Segment {
  int sample, i, j, k, m;
};

struct Cluster {
  int i, j;
  float share;  // of the samples
};

// Clusters in the order of the target, without those that a better one dominates.
std::vector<Cluster> clusters(const std::vector<Segment>& segments, int samples);

}  // namespace pleat::profile
