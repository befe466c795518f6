#include "bench/timing.h"

#include <algorithm>

namespace pleat::bench {

void Timing::add(double run_seconds) {
  seconds = runs == 0 ? run_seconds : std::min(seconds, run_seconds);
  ++runs;
}

Timing least_time(double enough, const std::function<void()>& work) {
  constexpr int kLeastRuns = 3;
  constexpr double kLong = 10, kTooLong = 100;
  if (const double first = seconds_of(work); first > kTooLong) return {first, 1};
  Timing timing;
  double sum = 0;
  do {
    const double seconds = seconds_of(work);
    timing.add(seconds);
    sum += seconds;
  } while ((timing.runs < kLeastRuns && sum < kLong) || sum < enough);
  return timing;
}

}  // namespace pleat::bench
