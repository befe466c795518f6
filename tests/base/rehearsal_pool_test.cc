#include "base/rehearsal_pool.h"

#include <gtest/gtest.h>

namespace pleat {
namespace {

// Some work that takes a measurable time.
void work() {
  volatile double sum = 0;
  for (int i = 0; i < 20000; ++i) sum = sum + 1.0 / (1 + i);
}

TEST(RehearsalPool, RunsEveryTaskInOrderOnTheCallingThread) {
  RehearsalPool pool(7);
  EXPECT_EQ(pool.size(), 7);
  std::vector<int64_t> order;
  pool.run(20, [&](int64_t task, int worker) {
    EXPECT_EQ(worker, 0);
    order.push_back(task);
  });
  ASSERT_EQ(order.size(), 20u);
  for (size_t i = 0; i < order.size(); ++i) EXPECT_EQ(order[i], static_cast<int64_t>(i));
}

TEST(RehearsalPool, ThreadsShareTheTasksOfARegion) {
  for (const int threads : {1, 2, 64}) {
    RehearsalPool pool(threads);
    pool.start();
    for (int region = 0; region < 3; ++region) pool.run(10, [&](int64_t, int) { work(); });
    const auto times = pool.times();
    EXPECT_GT(times.busy, 0);
    EXPECT_GE(times.serial, 0);
    EXPECT_LE(times.parallel, times.busy * (1 + 1e-9));
    EXPECT_GE(times.parallel, times.busy / threads * (1 - 1e-9));
    if (threads == 1) {
      EXPECT_NEAR(times.parallel, times.busy, 1e-9);
    }
    EXPECT_LE(times.efficiency(threads), 1 + 1e-9);
  }
}

TEST(RehearsalPool, ASingleTaskIsSerial) {
  RehearsalPool pool(4);
  pool.start();
  pool.run(1, [&](int64_t, int) { work(); });
  const auto times = pool.times();
  EXPECT_EQ(times.busy, 0);
  EXPECT_EQ(times.parallel, 0);
  EXPECT_EQ(times.serial_share(), 1);
}

}  // namespace
}  // namespace pleat
