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

// Seconds on the wall, and of all threads of the process together on their processors. On a shared machine the
// wall counts other programs' work too.
struct Elapsed {
  double wall = 0, cpu = 0;

  Elapsed operator-(const Elapsed& earlier) const { return {wall - earlier.wall, cpu - earlier.cpu}; }
};

// Runs from its construction on.
class Clock {
 public:
  Elapsed elapsed() const { return now() - start_; }

 private:
  static Elapsed now();

  Elapsed start_ = now();
};

// The least times of several runs: disturbances only make a run slower.
struct Timing {
  double seconds = 0;  // on the wall, of the fastest run
  double cpu = 0;      // of the run that took the least processor time, of all threads
  int runs = 0;        // how many runs were timed

  void add(const Elapsed& run);
  // The seconds on the wall of a machine where nothing else runs: `seconds`, or, where that is over 1.15 times
  // the processor time of each thread, this processor time.
  double seconds_alone(int threads) const;
};

// Times `work` until its runs took `enough` seconds together, at least three times unless they take ten
// seconds. An uncounted run comes first, because it is the first to touch its memory; one of more than a
// hundred seconds counts and stays the only one.
Timing least_time(double enough, const std::function<void()>& work);

}  // namespace pleat::bench
