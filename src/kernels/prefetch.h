// Software prefetch.
#pragma once

#include <cstddef>
#include <cstdint>

namespace pleat::kernels {

// The cache lines of a product's next block. Weights come from memory, and no hardware fetches the first
// lines of a block in time, so a product prefetches the next block, some lines at a time, while it multiplies
// this one.
struct Prefetch {
  const std::byte* from = nullptr;
  int64_t lines = 0;

  static constexpr int64_t kLine = 64;  // bytes

  // `bytes` from `data` on.
  static Prefetch of(const void* data, int64_t bytes) {
    return {static_cast<const std::byte*>(data), bytes / kLine};
  }
  // The first of `shares` equal shares; next() gives the one after it.
  Prefetch share(int64_t shares) const { return {from, (lines + shares - 1) / shares}; }
  Prefetch next() const { return {from + lines * kLine, lines}; }

  __attribute__((always_inline)) void prefetch() const {
    // Into the second-level cache: in the first level they would displace the operands in use.
    constexpr int kRead = 0, kSecondLevel = 2;
    for (int64_t l = 0; l < lines; ++l) __builtin_prefetch(from + l * kLine, kRead, kSecondLevel);
  }
};

}  // namespace pleat::kernels
