#include "batch/one_ahead.h"

#include <gtest/gtest.h>

#include <atomic>
#include <stdexcept>
#include <vector>

namespace pleat::batch {
namespace {

TEST(OneAhead, GivesAllItemsInOrderAndMakesNoneTwoAhead) {
  std::atomic<int> making{-1};
  OneAhead<int> row(
      50,
      [&](size_t i) {
        making = static_cast<int>(i);
        return std::make_unique<int>(static_cast<int>(i));
      },
      [](size_t) { return true; });
  for (int i = 0; i < 50; ++i) {
    EXPECT_LE(making, i);
    EXPECT_EQ(*row.take(), i);
  }
}

TEST(OneAhead, ErrorsComeWithTheirItem) {
  OneAhead<int> row(
      3,
      [](size_t i) {
        if (i == 1) throw std::runtime_error("no item");
        return std::make_unique<int>(static_cast<int>(i));
      },
      [](size_t) { return true; });
  EXPECT_EQ(*row.take(), 0);
  EXPECT_THROW(row.take(), std::runtime_error);
  EXPECT_EQ(*row.take(), 2);
}

TEST(OneAhead, WhatDoesNotFitIsMadeWhenItIsAskedFor) {
  std::atomic<bool> asked{false};
  OneAhead<int> row(
      2,
      [&](size_t i) {
        EXPECT_TRUE(i == 0 || asked);
        return std::make_unique<int>(static_cast<int>(i));
      },
      [](size_t) { return false; });
  row.take();
  std::this_thread::yield();
  asked = true;
  EXPECT_EQ(*row.take(), 1);
}

TEST(OneAhead, EndsEarly) {
  for (int taken = 0; taken < 3; ++taken) {
    OneAhead<int> row(
        9, [](size_t i) { return std::make_unique<int>(static_cast<int>(i)); },
        [](size_t i) { return i % 2 == 0; });
    for (int i = 0; i < taken; ++i) row.take();
  }
}

// A signal while an item takes long to make: the row gives up, and says that the making goes on.
TEST(OneAhead, GivesUpAnItemThatTakesLong) {
  std::atomic<bool> go_on{false};
  OneAhead<int> row(
      2,
      [&](size_t i) {
        while (i == 1 && !go_on) std::this_thread::yield();
        return std::make_unique<int>(static_cast<int>(i));
      },
      [](size_t) { return true; });
  EXPECT_EQ(*row.take(), 0);
  EXPECT_EQ(row.take([] { return true; }), nullptr);
  EXPECT_FALSE(row.rests_within(std::chrono::milliseconds(1)));
  go_on = true;
  EXPECT_TRUE(row.rests_within(std::chrono::hours(1)));
}

}  // namespace
}  // namespace pleat::batch
