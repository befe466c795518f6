// The distance histogram that templates and the confidence head share (the reference's dgram_from_positions).
#pragma once

#include <cmath>
#include <cstdint>

namespace pleat::ops {

constexpr int64_t kDgramBins = 39;  // lower edges 3.25, 4.5, ..., 50.75 Angstrom

// The bin of a squared distance; -1 for none (below the first edge or exactly on an edge).
inline int64_t dgram_bin(float squared_distance) {
  const auto edge = [](int64_t bin) {
    const float e = 3.25f + 1.25f * static_cast<float>(bin);
    return bin < kDgramBins ? e * e : 1e8f;
  };
  auto bin = static_cast<int64_t>((std::sqrt(squared_distance) - 3.25f) / 1.25f);
  bin = bin < 0 ? 0 : (bin >= kDgramBins ? kDgramBins - 1 : bin);
  // The square root may have rounded across an edge.
  while (bin > 0 && squared_distance <= edge(bin)) --bin;
  while (bin + 1 < kDgramBins && squared_distance >= edge(bin + 1)) ++bin;
  return squared_distance > edge(bin) && squared_distance < edge(bin + 1) ? bin : -1;
}

}  // namespace pleat::ops
