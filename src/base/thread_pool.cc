#include "base/thread_pool.h"

#include <pthread.h>
#include <sched.h>

#include "base/error.h"

namespace pleat {
namespace {

// A layer of the network is a few parallel regions of about 100 microseconds. Threads spin about as long for
// the next region before they sleep.
constexpr int kSpins = 4000;

// Whether condition() came true while spinning.
template <class Condition>
bool spin(Condition condition) {
  for (int i = 0; i < kSpins; ++i) {
    if (condition()) return true;
    __builtin_ia32_pause();
  }
  return condition();
}

// On failure the thread runs on any core.
void keep_on(std::thread& thread, const std::vector<int>& cores) {
  cpu_set_t set;
  CPU_ZERO(&set);
  for (const int core : cores) CPU_SET(core, &set);
  pthread_setaffinity_np(thread.native_handle(), sizeof set, &set);
}

}  // namespace

ThreadPool::ThreadPool(int threads, const std::vector<std::vector<int>>& nodes) {
  PLEAT_ASSERT(threads >= 1 && !nodes.empty());
  for (int worker = 1; worker < threads; ++worker) {
    threads_.emplace_back([this, worker] { worker_loop(worker); });
    const size_t node = static_cast<size_t>(worker) * nodes.size() / static_cast<size_t>(threads);
    if (nodes.size() > 1) keep_on(threads_.back(), nodes[node]);
  }
}

ThreadPool::~ThreadPool() {
  {
    std::lock_guard lock(mutex_);
    stop_ = true;
    generation_.fetch_add(1);
  }
  start_.notify_all();
  for (auto& thread : threads_) thread.join();
}

void ThreadPool::run(int64_t tasks, const std::function<void(int64_t, int)>& body) {
  if (threads_.empty() || tasks <= 1) {
    for (int64_t task = 0; task < tasks; ++task) body(task, 0);
    return;
  }
  {
    std::lock_guard lock(mutex_);
    body_ = &body;
    tasks_ = tasks;
    next_.store(0, std::memory_order_relaxed);
    error_ = nullptr;
    busy_.store(static_cast<int>(threads_.size()));
    generation_.fetch_add(1);
  }
  start_.notify_all();
  work(0);
  const auto all_done = [this] { return busy_.load() == 0; };
  if (!spin(all_done)) {
    std::unique_lock lock(mutex_);
    done_.wait(lock, all_done);
  }
  if (error_) std::rethrow_exception(error_);
}

void ThreadPool::work(int worker) {
  try {
    for (int64_t task; (task = next_.fetch_add(1, std::memory_order_relaxed)) < tasks_;)
      (*body_)(task, worker);
  } catch (...) {
    next_.store(tasks_, std::memory_order_relaxed);
    std::lock_guard lock(mutex_);
    if (!error_) error_ = std::current_exception();
  }
}

void ThreadPool::worker_loop(int worker) {
  uint64_t seen = 0;
  const auto started = [&] { return generation_.load() != seen; };
  while (true) {
    if (!spin(started)) {
      std::unique_lock lock(mutex_);
      start_.wait(lock, started);
    }
    seen = generation_.load();
    if (stop_) return;
    work(worker);
    if (busy_.fetch_sub(1) == 1) {
      std::lock_guard lock(mutex_);
      done_.notify_one();
    }
  }
}

}  // namespace pleat
