// Threads that divide loops into tasks, which any of them may run.
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
  // `threads` >= 1 workers, the calling thread among them. Where the machine has several memory nodes, each
  // other worker stays on the cores of one (consecutive workers on the same), near the memory that it touches
  // first. The calling thread is left free: the processes that it starts would inherit its place.
  explicit ThreadPool(int threads, const std::vector<std::vector<int>>& nodes = numa_nodes());
  virtual ~ThreadPool();
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;

  virtual int size() const { return static_cast<int>(threads_.size()) + 1; }

  // Calls body(task, worker) once for every task in [0, tasks), any order, worker in [0, size()). Returns
  // when all are done. An exception thrown by a body stops the hand-out of further tasks and is rethrown here
  // (the first one). Not reentrant: a body must not call run on the same pool.
  virtual void run(int64_t tasks, const std::function<void(int64_t task, int worker)>& body);

 private:
  void work(int worker);
  void worker_loop(int worker);

  std::vector<std::thread> threads_;
  std::mutex mutex_;
  std::condition_variable start_, done_;
  std::atomic<uint64_t> generation_{0};  // rises with every run, and once more to stop
  std::atomic<int> busy_{0};             // workers that have not finished the current run
  bool stop_ = false;                    // written before the last rise of generation_

  const std::function<void(int64_t, int)>* body_ = nullptr;
  int64_t tasks_ = 0;
  std::atomic<int64_t> next_{0};
  std::exception_ptr error_;
};

}  // namespace pleat
