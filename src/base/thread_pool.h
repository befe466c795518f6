// Threads that run the tasks of loops.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <exception>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "base/cpu.h"

namespace pleat {

class ThreadPool {
 public:
  // `threads` >= 1 workers, including the calling thread. On a machine with several memory nodes, each other
  // worker stays on the cores of one node (consecutive workers on the same one), near the memory that it
  // touches first. The calling thread is not bound: processes that it starts would inherit the binding.
  explicit ThreadPool(int threads, const std::vector<std::vector<int>>& nodes = numa_nodes());
  virtual ~ThreadPool();
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;

  virtual int size() const { return static_cast<int>(threads_.size()) + 1; }

  // Calls body(task, worker) once for every task in [0, tasks), any order, worker in [0, size()). Returns
  // when all are done. After an exception in a body, starts no more tasks and rethrows the first exception.
  // Not reentrant: a body must not call run on the same pool.
  virtual void run(int64_t tasks, const std::function<void(int64_t task, int worker)>& body);

 private:
  void work(int worker);
  void worker_loop(int worker);

  std::vector<std::thread> threads_;
  std::mutex mutex_;
  std::condition_variable start_, done_;
  std::atomic<uint64_t> generation_{0};  // rises with every run, and once more to stop
  std::atomic<int> busy_{0};             // workers still in the current run
  bool stop_ = false;                    // written before the last rise of generation_

  const std::function<void(int64_t, int)>* body_ = nullptr;
  int64_t tasks_ = 0;
  std::atomic<int64_t> next_{0};
  std::exception_ptr error_;
};

}  // namespace pleat
