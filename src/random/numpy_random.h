// NumPy's legacy generator, numpy.random.RandomState(seed): MT19937, randint and normal.
// docs/specs/random.md, section 5.
#pragma once

#include <array>
#include <cstdint>

namespace pleat::random {

class NumpyRandomState {
 public:
  explicit NumpyRandomState(uint32_t seed);

  uint32_t next_u32();
  // randint(low, high) with int64 results, low inclusive, high exclusive: masked rejection on 32-bit draws
  // (high - low <= 2^32).
  int64_t randint(int64_t low, int64_t high);
  // random_sample(): 53-bit uniform in [0, 1).
  double uniform();
  // Standard normal by the polar method. Caches the second value; other draws leave the cache unchanged.
  double normal();

 private:
  std::array<uint32_t, 624> state_;
  int position_ = 624;
  bool has_cached_ = false;
  double cached_ = 0;
};

}  // namespace pleat::random
