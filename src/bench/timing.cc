#include "bench/timing.h"

#include <algorithm>
#include <ctime>

namespace pleat::bench {

Elapsed Clock::now() {
  const auto seconds = [](clockid_t clock) {
    timespec time;
    clock_gettime(clock, &time);
    return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
  };
  return {seconds(CLOCK_MONOTONIC), seconds(CLOCK_PROCESS_CPUTIME_ID)};
}

void Timing::add(const Elapsed& run) {
  seconds = runs == 0 ? run.wall : std::min(seconds, run.wall);
  cpu = runs == 0 ? run.cpu : std::min(cpu, run.cpu);
  ++runs;
}

double Timing::seconds_alone(int threads) const {
  constexpr double kAlone = 1.15;
  const double of_thread = cpu / threads;
  return seconds <= kAlone * of_thread ? seconds : of_thread;
}

Timing least_time(double enough, const std::function<void()>& work) {
  constexpr int kLeastRuns = 3;
  constexpr double kLong = 10, kTooLong = 100;
  const auto run = [&] {
    const Clock clock;
    work();
    return clock.elapsed();
  };
  Timing timing;
  if (const Elapsed first = run(); first.wall > kTooLong) {
    timing.add(first);
    return timing;
  }
  double sum = 0;
  do {
    const Elapsed elapsed = run();
    timing.add(elapsed);
    sum += elapsed.wall;
  } while ((timing.runs < kLeastRuns && sum < kLong) || sum < enough);
  return timing;
}

}  // namespace pleat::bench
