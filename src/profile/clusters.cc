#include "profile/clusters.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>

namespace pleat::profile {
namespace {

constexpr float kOverlap = 0.8f, kShare = 0.25f, kEndShare = 0.02f;
constexpr int kDiagonals = 4;

bool overlap(int from_a, int to_a, int from_b, int to_b, int plus) {
  const int common = std::min(to_a, to_b) - std::max(from_a, from_b) + plus;
  const int shorter = std::min(to_a - from_a + 1, to_b - from_b + 1);
  return !(static_cast<float>(common) / static_cast<float>(shorter) < kOverlap);
}

bool linked(const Segment& a, const Segment& b) {
  return overlap(a.i, a.j, b.i, b.j, 1) && overlap(a.k, a.m, b.k, b.m, 0) &&
         (std::abs((a.i - a.k) - (b.i - b.k)) <= kDiagonals ||
          std::abs((a.j - a.m) - (b.j - b.m)) <= kDiagonals);
}

// The cluster of each segment by single linkage, numbered in order of discovery.
std::vector<int> assigned(const std::vector<Segment>& segments, int& count) {
  const int n = static_cast<int>(segments.size());
  std::vector<int> free(n), stack, cluster(n);
  for (int v = 0; v < n; ++v) free[v] = n - v - 1;
  count = 0;
  while (!free.empty()) {
    stack.push_back(free.back());
    free.pop_back();
    while (!stack.empty()) {
      const int v = stack.back();
      stack.pop_back();
      cluster[v] = count;
      for (int at = static_cast<int>(free.size()) - 1; at >= 0; --at) {
        if (!linked(segments[v], segments[free[at]])) continue;
        stack.push_back(free[at]);
        free[at] = free.back();
        free.pop_back();
      }
    }
    ++count;
  }
  return cluster;
}

// The outermost value, from the low or the high end, that enough members have; else the most common one.
int end_point(const std::vector<const Segment*>& members, int Segment::*field, int threshold, bool from_low) {
  const auto [low, high] =
      std::minmax_element(members.begin(), members.end(),
                          [&](const Segment* a, const Segment* b) { return a->*field < b->*field; });
  const int first = (*low)->*field, last = (*high)->*field;
  std::vector<int> counts(last - first + 1, 0);
  for (const Segment* member : members) ++counts[member->*field - first];
  for (int at = 0; at <= last - first; ++at) {
    const int value = from_low ? first + at : last - at;
    if (counts[value - first] >= threshold) return value;
  }
  return first + static_cast<int>(std::max_element(counts.begin(), counts.end()) - counts.begin());
}

void drop_dominated(std::vector<Cluster>& found) {
  std::vector<bool> dropped(found.size(), false);
  for (size_t a = 0; a < found.size(); ++a) {
    for (size_t b = a + 1; b < found.size(); ++b) {
      const int common = std::min(found[a].j, found[b].j) - std::max(found[a].i, found[b].i) + 1;
      if (common == 0) break;
      const int shorter = std::min(found[a].j - found[a].i + 1, found[b].j - found[b].i + 1);
      if (static_cast<double>(static_cast<float>(common) / static_cast<float>(shorter)) >= 0.8) {
        dropped[found[a].share > found[b].share ? b : a] = true;
      }
    }
  }
  size_t kept = 0;
  for (size_t c = 0; c < found.size(); ++c) {
    if (!dropped[c]) found[kept++] = found[c];
  }
  found.resize(kept);
}

}  // namespace

std::vector<Cluster> clusters(const std::vector<Segment>& segments, int samples) {
  int count = 0;
  const std::vector<int> cluster = assigned(segments, count);
  std::vector<Cluster> found;
  for (int c = 0; c < count; ++c) {
    std::vector<const Segment*> group;
    int supporters = 0, last = -1;
    for (size_t s = 0; s < segments.size(); ++s) {
      if (cluster[s] != c) continue;
      group.push_back(&segments[s]);
      if (segments[s].sample != last) ++supporters;
      last = segments[s].sample;
    }
    const float share = static_cast<float>(supporters) / static_cast<float>(samples);
    if (share < kShare) continue;
    const int threshold = static_cast<int>(std::ceil(static_cast<float>(supporters) * kEndShare));
    const int i = end_point(group, &Segment::i, threshold, true),
              k = end_point(group, &Segment::k, threshold, true);
    const int j = end_point(group, &Segment::j, threshold, false),
              m = end_point(group, &Segment::m, threshold, false);
    if (i <= j && k <= m) found.push_back({i, j, share});
  }
  std::stable_sort(found.begin(), found.end(), [](const Cluster& a, const Cluster& b) { return a.i < b.i; });
  drop_dominated(found);
  return found;
}

}  // namespace pleat::profile
