// A pool of more threads than the machine has, to see how far work is divided: it runs every task itself and
// works out when each thread would have ended.
#pragma once

#include "base/stopwatch.h"
#include "base/thread_pool.h"

namespace pleat {

class RehearsalPool : public ThreadPool {
 public:
  explicit RehearsalPool(int threads);

  int size() const override { return size_; }
  // As ThreadPool's, on the calling thread, which is worker 0.
  void run(int64_t tasks, const std::function<void(int64_t task, int worker)>& body) override;

  // Seconds since the last call of start. Tasks go to threads in order, each to the one that is free first;
  // that threads share caches and memory, and take time to start and to meet, is not counted.
  struct Times {
    double serial = 0;    // outside regions of several tasks
    double busy = 0;      // of all tasks
    double parallel = 0;  // of all regions, had the threads run them
    // What one thread takes, over what `threads` threads together spend.
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
