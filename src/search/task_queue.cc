#include "search/task_queue.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <thread>

#include "base/error.h"

namespace pleat::search {

TaskQueue::Id TaskQueue::add(Task task) {
  const Id id = tasks_.size();
  for (const Id before : task.after) {
    PLEAT_ASSERT(before < id);
    dependents_[before].push_back(id);
  }
  waits_for_.push_back(task.after.size());
  dependents_.emplace_back();
  tasks_.push_back(std::move(task));
  return id;
}

void TaskQueue::extend(Id task, double cost, int threads) {
  tasks_[task].cost += cost;
  tasks_[task].max_threads += threads;
}

void TaskQueue::run(int cores) {
  PLEAT_ASSERT(cores >= 1);
  free_cores_ = cores;
  waiting_.resize(tasks_.size());
  std::iota(waiting_.begin(), waiting_.end(), Id{0});
  std::stable_sort(waiting_.begin(), waiting_.end(),
                   [&](Id a, Id b) { return tasks_[a].cost > tasks_[b].cost; });
  for (const Task& task : tasks_) waiting_cost_ += task.cost;
  std::vector<std::thread> workers;
  for (size_t i = 0; i < std::min(static_cast<size_t>(cores), tasks_.size()); ++i)
    workers.emplace_back([this] { work_until_done(); });
  for (std::thread& worker : workers) worker.join();
  if (error_) std::rethrow_exception(error_);
}

TaskQueue::Id TaskQueue::next() const {
  if (free_cores_ == 0) return tasks_.size();
  for (const Id id : waiting_) {
    const Task& task = tasks_[id];
    if (waits_for_[id] > 0) continue;
    const auto group = running_.find(task.group);
    if (task.group_limit == 0 || group == running_.end() || group->second < task.group_limit) return id;
  }
  return tasks_.size();
}

int TaskQueue::share(const Task& task) const {
  const double part = waiting_cost_ > 0 ? task.cost / waiting_cost_ : 1;
  const int most = std::min(task.max_threads, free_cores_);
  return std::clamp(static_cast<int>(std::lround(part * free_cores_)), std::min(1, most), most);
}

void TaskQueue::work_until_done() {
  std::unique_lock lock(mutex_);
  while (!waiting_.empty() && !error_) {
    const Id id = next();
    if (id == tasks_.size()) {
      changed_.wait(lock);
    } else {
      do_task(lock, id);
      changed_.notify_all();
    }
  }
  changed_.notify_all();
}

void TaskQueue::do_task(std::unique_lock<std::mutex>& lock, Id id) {
  const Task& task = tasks_[id];
  const int threads = share(task);
  const int cores = std::max(threads, 1);
  std::erase(waiting_, id);
  waiting_cost_ -= task.cost;
  free_cores_ -= cores;
  ++running_[task.group];
  lock.unlock();
  std::exception_ptr error;
  try {
    task.work(threads);
  } catch (...) {
    error = std::current_exception();
  }
  lock.lock();
  if (error && !error_) error_ = error;
  free_cores_ += cores;
  --running_[task.group];
  for (const Id dependent : dependents_[id]) --waits_for_[dependent];
}

}  // namespace pleat::search
