// The order of tasks, the cores they get, and what an exception does.
#include "search/task_queue.h"

#include <gmock/gmock.h>

#include <atomic>
#include <chrono>
#include <stdexcept>
#include <thread>

namespace pleat::search {
namespace {

using ::testing::ElementsAre;
using namespace std::chrono_literals;

class TaskQueueTest : public ::testing::Test {
 protected:
  // A task that notes its name and threads.
  TaskQueue::Task task(const std::string& name, double cost, std::vector<TaskQueue::Id> after = {}) {
    TaskQueue::Task made;
    made.cost = cost;
    made.after = std::move(after);
    made.work = [this, name](int threads) {
      const std::lock_guard lock(mutex_);
      order_.push_back(name);
      threads_.push_back(threads);
    };
    return made;
  }

  // A task that takes a moment and notes how many ran beside it.
  TaskQueue::Task overlapping(const std::string& group, int limit) {
    TaskQueue::Task made;
    made.cost = 1;
    made.group = group;
    made.group_limit = limit;
    made.work = [this](int) {
      const int now = ++running_;
      int most = most_.load();
      while (now > most && !most_.compare_exchange_weak(most, now)) {
      }
      std::this_thread::sleep_for(20ms);
      --running_;
    };
    return made;
  }

  TaskQueue queue_;
  std::mutex mutex_;
  std::vector<std::string> order_;
  std::vector<int> threads_;
  std::atomic<int> running_ = 0, most_ = 0;
};

TEST_F(TaskQueueTest, TheLongestGoesFirstAndOfEqualsTheFirstAdded) {
  queue_.add(task("short", 1));
  queue_.add(task("long", 10));
  queue_.add(task("long too", 10));
  queue_.run(1);
  EXPECT_THAT(order_, ElementsAre("long", "long too", "short"));
}

TEST_F(TaskQueueTest, ATaskWaitsForThoseBeforeIt) {
  const auto first = queue_.add(task("first", 1));
  const auto second = queue_.add(task("second", 2, {first}));
  queue_.add(task("last", 100, {first, second}));
  queue_.run(4);
  EXPECT_THAT(order_, ElementsAre("first", "second", "last"));
}

TEST_F(TaskQueueTest, NothingToDoIsDoneAtOnce) { queue_.run(3); }

TEST_F(TaskQueueTest, AsManyRunAtATimeAsThereAreCores) {
  for (int i = 0; i < 12; ++i) queue_.add(overlapping("", 0));
  queue_.run(3);
  EXPECT_EQ(most_, 3);
}

TEST_F(TaskQueueTest, AGroupHasALimit) {
  for (int i = 0; i < 12; ++i) queue_.add(overlapping("database", 2));
  queue_.run(6);
  EXPECT_EQ(most_, 2);
}

TEST_F(TaskQueueTest, CoresAreSharedByCost) {
  std::atomic<int> started = 0;
  std::map<std::string, int> given;
  const auto add = [&](const std::string& name, double cost, int max_threads) {
    TaskQueue::Task made;
    made.cost = cost;
    made.max_threads = max_threads;
    made.work = [&, name](int threads) {
      {
        const std::lock_guard lock(mutex_);
        given[name] = threads;
      }
      for (++started; started < 4;) std::this_thread::yield();  // all four at the same time
    };
    queue_.add(std::move(made));
  };
  add("largest", 8, 8);
  add("large", 4, 8);
  add("limited", 3, 1);
  add("serial", 1, 0);
  queue_.run(16);
  EXPECT_EQ(given, (std::map<std::string, int>{{"largest", 8}, {"large", 4}, {"limited", 1}, {"serial", 0}}));
}

TEST_F(TaskQueueTest, ManyTasksGetOneCoreEach) {
  for (int i = 0; i < 20; ++i) {
    queue_.add(task("task", 1));
  }
  queue_.run(4);
  EXPECT_EQ(order_.size(), 20);
  EXPECT_THAT(threads_, ::testing::Each(1));
}

TEST_F(TaskQueueTest, AnExceptionEndsTheQueueAndIsRethrown) {
  TaskQueue::Task failing;
  failing.cost = 10;
  failing.work = [](int) { throw std::runtime_error("broken"); };
  const auto failed = queue_.add(failing);
  queue_.add(task("after", 1, {failed}));
  EXPECT_THROW(queue_.run(2), std::runtime_error);
  EXPECT_THAT(order_, ElementsAre());
}

}  // namespace
}  // namespace pleat::search
