#include "base/thread_pool.h"

#include <gtest/gtest.h>
#include <sched.h>

#include <stdexcept>

namespace pleat {
namespace {

class ThreadPoolOfSize : public testing::TestWithParam<int> {};

TEST_P(ThreadPoolOfSize, RunsEveryTaskOnce) {
  ThreadPool pool(GetParam());
  EXPECT_EQ(pool.size(), GetParam());
  for (int64_t tasks : {0, 1, 2, 7, 1000}) {
    std::vector<std::atomic<int>> ran(static_cast<size_t>(tasks));
    std::atomic<bool> strange_worker = false;
    pool.run(tasks, [&](int64_t task, int worker) {
      ++ran[static_cast<size_t>(task)];
      if (worker < 0 || worker >= pool.size()) strange_worker = true;
    });
    for (const auto& count : ran) ASSERT_EQ(count, 1);
    EXPECT_FALSE(strange_worker);
  }
}

TEST_P(ThreadPoolOfSize, RunsManyTimesInARow) {
  ThreadPool pool(GetParam());
  int64_t sum = 0;
  for (int round = 0; round < 500; ++round) {
    std::vector<int64_t> squares(8);
    pool.run(8, [&](int64_t task, int) { squares[static_cast<size_t>(task)] = task * task; });
    for (int64_t square : squares) sum += square;
  }
  EXPECT_EQ(sum, 500 * 140);
}

TEST_P(ThreadPoolOfSize, PassesAnExceptionOnAndStaysUsable) {
  ThreadPool pool(GetParam());
  const auto fails = [](int64_t task, int) {
    if (task == 3) throw std::runtime_error("task 3");
  };
  for (int round = 0; round < 20; ++round) EXPECT_THROW(pool.run(100, fails), std::runtime_error);
  std::atomic<int> ran = 0;
  pool.run(10, [&](int64_t, int) { ++ran; });
  EXPECT_EQ(ran, 10);
}

INSTANTIATE_TEST_SUITE_P(Sizes, ThreadPoolOfSize, testing::Values(1, 2, 5));

TEST(ThreadPool, AnExceptionStopsTheHandOut) {
  ThreadPool pool(1);
  int ran = 0;
  EXPECT_THROW(pool.run(100,
                        [&](int64_t task, int) {
                          ++ran;
                          if (task == 3) throw std::runtime_error("task 3");
                        }),
               std::runtime_error);
  EXPECT_EQ(ran, 4);
}

std::vector<int> cores_of_this_thread() {
  cpu_set_t set;
  sched_getaffinity(0, sizeof set, &set);
  std::vector<int> cores;
  for (int core = 0; core < CPU_SETSIZE; ++core)
    if (CPU_ISSET(core, &set)) cores.push_back(core);
  return cores;
}

TEST(ThreadPool, WorkersStayOnTheirMemoryNodeAndTheCallerIsFree) {
  const std::vector<int> all = cores_of_this_thread();
  // The machine's own nodes may be one; two are made up of its cores.
  const std::vector<std::vector<int>> nodes = {{all.front()}, {all.back()}};
  constexpr int kThreads = 4;
  ThreadPool pool(kThreads, nodes);
  std::vector<std::vector<int>> seen(kThreads);
  std::atomic<int> arrived = 0;
  pool.run(kThreads, [&](int64_t, int worker) {
    seen[static_cast<size_t>(worker)] = cores_of_this_thread();
    ++arrived;
    while (arrived < kThreads) std::this_thread::yield();  // one task each
  });
  EXPECT_EQ(seen, (std::vector<std::vector<int>>{all, nodes[0], nodes[1], nodes[1]}));
}

}  // namespace
}  // namespace pleat
