// Wall times of repeated work.
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

// The least time of several runs: disturbances only make a run slower.
struct Timing {
  double seconds = 0;  // of the fastest run
  int runs = 0;        // how many runs were timed

  void add(double run_seconds);
};

// Times `work` until its runs took `enough` seconds together, at least three times unless they take ten
// seconds. An uncounted run comes first, because it is the first to touch its memory; one of more than a
// hundred seconds counts and stays the only one.
Timing least_time(double enough, const std::function<void()>& work);

}  // namespace pleat::bench
