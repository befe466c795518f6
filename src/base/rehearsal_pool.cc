#include "base/rehearsal_pool.h"

#include <algorithm>
#include <functional>
#include <queue>

namespace pleat {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

}  // namespace

RehearsalPool::RehearsalPool(int threads) : ThreadPool(1), size_(threads), start_(Clock::now()) {}

void RehearsalPool::run(int64_t tasks, const std::function<void(int64_t, int)>& body) {
  if (tasks <= 1) return ThreadPool::run(tasks, body);  // one task is serial
  // When each thread is free, the first one on top.
  std::priority_queue<double, std::vector<double>, std::greater<>> free;
  for (int thread = 0; thread < size_; ++thread) free.push(0);
  double end = 0;
  for (int64_t task = 0; task < tasks; ++task) {
    const auto start = Clock::now();
    body(task, 0);
    const double seconds = seconds_since(start), done = free.top() + seconds;
    free.pop();
    free.push(done);
    end = std::max(end, done);
    busy_ += seconds;
  }
  parallel_ += end;
}

void RehearsalPool::start() {
  start_ = Clock::now();
  busy_ = parallel_ = 0;
}

RehearsalPool::Times RehearsalPool::times() const {
  return {seconds_since(start_) - busy_, busy_, parallel_};
}

}  // namespace pleat
