// Tasks that wait for each other and share the machine's cores.
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

// Of the tasks that can start, the one of the highest cost goes first (of equals the first added), until all
// cores are taken. A task gets the part of the free cores that its cost is of the cost of all tasks not
// yet started, so that few long tasks use many cores each and many tasks run side by side.
class TaskQueue {
 public:
  using Id = size_t;

  struct Task {
    double cost = 0;      // expected time, in any unit
    int max_threads = 1;  // 0: none of its own, as one core
    std::string group;    // of tasks of which at most `group_limit` run at a time
    int group_limit = 0;  // 0: any number
    std::vector<Id> after;
    std::function<void(int threads)> work;  // threads: 1 .. max_threads, or 0 where that is 0
  };

  Id add(Task task);
  // Before run(): the task takes longer, and may use more threads.
  void extend(Id task, double cost, int threads);
  size_t size() const { return tasks_.size(); }

  // Does all tasks on `cores` >= 1 cores and returns when they are done. After an exception of a task no more
  // are started; the first one is rethrown when those that are running have ended. Once only.
  void run(int cores);

 private:
  void work_until_done();
  void do_task(std::unique_lock<std::mutex>& lock, Id id);
  // The task to start now, tasks_.size() where none can.
  Id next() const;
  int share(const Task& task) const;  // its threads

  std::vector<Task> tasks_;
  std::vector<size_t> waits_for_;            // tasks before it that are not done
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
