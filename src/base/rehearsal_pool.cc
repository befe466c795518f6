#include "base/rehearsal_pool.h"

#include <algorithm>
#include <functional>
#include <queue>

namespace pleat {

RehearsalPool::RehearsalPool(int threads) : ThreadPool(1), size_(threads) {}

void RehearsalPool::run(int64_t tasks, const std::function<void(int64_t, int)>& body) {
  if (tasks <= 1) return ThreadPool::run(tasks, body);  // a single task counts as serial
  // The times when the threads become free, the earliest on top.
  std::priority_queue<double, std::vector<double>, std::greater<>> free;
  for (int thread = 0; thread < size_; ++thread) free.push(0);
  double end = 0;
  for (int64_t task = 0; task < tasks; ++task) {
    const Stopwatch watch;
    body(task, 0);
    const double seconds = watch.seconds(), done = free.top() + seconds;
    free.pop();
    free.push(done);
    end = std::max(end, done);
    busy_ += seconds;
  }
  parallel_ += end;
}

void RehearsalPool::start() {
  watch_ = {};
  busy_ = parallel_ = 0;
}

RehearsalPool::Times RehearsalPool::times() const { return {watch_.seconds() - busy_, busy_, parallel_}; }

}  // namespace pleat
