#include "random/numpy_random.h"

#include <cmath>

#include "base/error.h"

namespace pleat::random {

NumpyRandomState::NumpyRandomState(uint32_t seed) {
  state_[0] = seed;
  for (uint32_t i = 1; i < state_.size(); ++i)
    state_[i] = 1812433253u * (state_[i - 1] ^ (state_[i - 1] >> 30)) + i;
}

uint32_t NumpyRandomState::next_u32() {
  constexpr int kSize = 624, kShift = 397;
  if (position_ == kSize) {
    for (int i = 0; i < kSize; ++i) {
      const uint32_t joined = (state_[i] & 0x80000000u) | (state_[(i + 1) % kSize] & 0x7fffffffu);
      state_[i] = state_[(i + kShift) % kSize] ^ (joined >> 1) ^ ((joined & 1) ? 0x9908b0dfu : 0);
    }
    position_ = 0;
  }
  uint32_t x = state_[position_++];
  x ^= x >> 11;
  x ^= (x << 7) & 0x9d2c5680u;
  x ^= (x << 15) & 0xefc60000u;
  return x ^ (x >> 18);
}

int64_t NumpyRandomState::randint(int64_t low, int64_t high) {
  PLEAT_ASSERT(low < high && high - low <= int64_t{1} << 32);
  const uint32_t largest = static_cast<uint32_t>(high - low - 1);
  if (largest == 0) return low;  // NumPy draws nothing then
  uint32_t mask = largest;
  for (int shift : {1, 2, 4, 8, 16}) mask |= mask >> shift;
  uint32_t value;
  do {
    value = next_u32() & mask;
  } while (value > largest);
  return low + value;
}

double NumpyRandomState::uniform() {
  const uint32_t upper = next_u32() >> 5, lower = next_u32() >> 6;
  return (upper * 67108864.0 + lower) / 9007199254740992.0;
}

double NumpyRandomState::normal() {
  if (has_cached_) {
    has_cached_ = false;
    return cached_;
  }
  double x1, x2, r2;
  do {
    x1 = 2.0 * uniform() - 1.0;
    x2 = 2.0 * uniform() - 1.0;
    r2 = x1 * x1 + x2 * x2;
  } while (r2 >= 1.0 || r2 == 0.0);
  const double f = std::sqrt(-2.0 * std::log(r2) / r2);
  cached_ = f * x1;
  has_cached_ = true;
  return f * x2;
}

}  // namespace pleat::random
