// Pairwise summation in NumPy's order.
#include "output/numpy_sum.h"

#include <array>

namespace pleat::output {
namespace {

constexpr size_t kLanes = 8;
constexpr size_t kBlock = 128;

double sum_of_block(std::span<const double> values) {
  std::array<double, kLanes> lane;
  for (size_t k = 0; k < kLanes; ++k) lane[k] = values[k];
  const size_t whole = values.size() / kLanes * kLanes;
  for (size_t i = kLanes; i < whole; i += kLanes)
    for (size_t k = 0; k < kLanes; ++k) lane[k] += values[i + k];
  double sum = ((lane[0] + lane[1]) + (lane[2] + lane[3])) + ((lane[4] + lane[5]) + (lane[6] + lane[7]));
  for (const double value : values.subspan(whole)) sum += value;
  return sum;
}

}  // namespace

double numpy_sum(std::span<const double> values) {
  if (values.size() < kLanes) {
    double sum = 0;
    for (const double value : values) sum += value;
    return sum;
  }
  if (values.size() <= kBlock) return sum_of_block(values);
  const size_t half = values.size() / 2 / kLanes * kLanes;
  return numpy_sum(values.first(half)) + numpy_sum(values.subspan(half));
}

}  // namespace pleat::output
