// Simulates a pool of more threads than the machine has, to show how well work divides: runs every task
// itself and computes when each thread would have finished.
#pragma once

#include "base/stopwatch.h"
#include "base/thread_pool.h"

namespace pleat {

class RehearsalPool : public ThreadPool {
 public:
  explicit RehearsalPool(int threads);

  int size() const override { return size_; }
  // Like ThreadPool's, on the calling thread, which is worker 0.
  void run(int64_t tasks, const std::function<void(int64_t task, int worker)>& body) override;

  // Seconds since the last call of start. Tasks go in order to the thread that is free first. Ignores shared
  // caches and memory, and the time to start and join threads.
  struct Times {
    double serial = 0;    // outside regions of several tasks
    double busy = 0;      // of all tasks
    double parallel = 0;  // of all regions, had the threads run them
    // The time of one thread over the total time of `threads` threads.
    double efficiency(int threads) const { return (serial + busy) / (threads * (serial + parallel)); }
    double serial_share() const { return serial / (serial + busy); }
  };
  void start();
  Times times() const;

 private:
  int size_;
  Stopwatch watch_;
  double busy_ = 0, parallel_ = 0;
};

}  // namespace pleat
