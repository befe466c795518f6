// Small sums whose order is part of the result. docs/specs/hmmer-search.md, section 0.
#pragma once

#include <cstdint>

namespace pleat::profile {

// Kahan's compensated sum.
inline float kahan_sum(const float* values, int count) {
  float sum = 0, compensation = 0;
  for (int i = 0; i < count; ++i) {
    const float y = values[i] - compensation;
    const float t = sum + y;
    compensation = (t - sum) - y;
    sum = t;
  }
  return sum;
}

// Divides by the sum; makes the values uniform if it is 0.
inline void normalise(float* values, int count) {
  const float sum = kahan_sum(values, count);
  for (int i = 0; i < count; ++i) values[i] = sum != 0.f ? values[i] / sum : static_cast<float>(1. / count);
}

// The reference's linear congruential generator, started from seed 42.
class FastRandom {
 public:
  double next() { return static_cast<double>(state_ = state_ * 69069u + 1u) / 4294967296.0; }

 private:
  uint32_t state_ = 1265258399u;
};

// The first index at which the running sum of `probabilities` (in double) passes a random number.
inline int choose(FastRandom& random, const float* probabilities, int count) {
  double total = 0;
  for (int i = 0; i < count; ++i) total += probabilities[i];
  const double roll = random.next();
  double sum = 0;
  for (int i = 0; i < count; ++i) {
    sum += probabilities[i];
    if (roll < sum / total) return i;
  }
  return count - 1;
}

}  // namespace pleat::profile
