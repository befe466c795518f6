// Runs tasks that depend on each other and share the machine's cores.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <exception>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <vector>

namespace pleat::search {

// Starts the ready task with the highest cost (of equals the first added) until all cores are busy. A task
// gets a share of the free cores: its cost over the cost of all tasks not yet started. So a few long tasks
// use many cores each, and many tasks run side by side.
class TaskQueue {
 public:
  using Id = size_t;

  struct Task {
    double cost = 0;      // expected time, in any unit
    int max_threads = 1;  // 0: no worker threads, counts as one core
    std::string group;    // at most `group_limit` tasks of a group run at a time
    int group_limit = 0;  // 0: any number
    std::vector<Id> after;
    std::function<void(int threads)> work;  // threads: 1 .. max_threads, or 0 if that is 0
  };

  Id add(Task task);
  // Before run(): raises the task's cost and maximum threads.
  void extend(Id task, double cost, int threads);
  size_t size() const { return tasks_.size(); }

  // Runs all tasks on `cores` >= 1 cores and returns when they are done. After an exception of a task starts
  // no more, waits for the running ones and rethrows the first exception. Call it once.
  void run(int cores);

 private:
  void work_until_done();
  void do_task(std::unique_lock<std::mutex>& lock, Id id);
  // The task to start now; tasks_.size() when there is none.
  Id next() const;
  int share(const Task& task) const;  // number of threads

  std::vector<Task> tasks_;
  std::vector<size_t> waits_for_;            // number of unfinished tasks before it
  std::vector<std::vector<Id>> dependents_;  // the tasks after it

  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<Id> waiting_;  // not yet started, highest cost first
  double waiting_cost_ = 0;
  int free_cores_ = 0;
  std::map<std::string, int> running_;  // by group
  std::exception_ptr error_;
};

}  // namespace pleat::search
