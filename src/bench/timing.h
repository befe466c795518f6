// Times of repeated work.
#pragma once

#include <functional>

#include "base/stopwatch.h"

namespace pleat::bench {

// Wall seconds of one run of `work`.
template <class Run>
double seconds_of(Run&& work) {
  const Stopwatch watch;
  work();
  return watch.seconds();
}

// Seconds of wall time, and of processor time of all threads of the process. On a shared machine wall time
// includes other programs' work.
struct Elapsed {
  double wall = 0, cpu = 0;

  Elapsed operator-(const Elapsed& earlier) const { return {wall - earlier.wall, cpu - earlier.cpu}; }
};

// Starts at construction.
class Clock {
 public:
  Elapsed elapsed() const { return now() - start_; }

 private:
  static Elapsed now();

  Elapsed start_ = now();
};

// The least times of several runs: disturbances only make a run slower.
struct Timing {
  double seconds = 0;  // wall time of the fastest run
  double cpu = 0;      // the least processor time of a run, of all threads
  int runs = 0;        // number of timed runs

  void add(const Elapsed& run);
  // The seconds on the wall of a machine where nothing else runs: `seconds`, or, where that is over 1.15 times
  // the processor time of each thread, this processor time.
  double seconds_alone(int threads) const;
};

// Times `work` until its runs took `enough` seconds together, and at least three times unless they take ten
// seconds. A first run, which touches the memory, does not count, unless it takes more than a hundred
// seconds: then it is the only one.
Timing least_time(double enough, const std::function<void()>& work);

}  // namespace pleat::bench
