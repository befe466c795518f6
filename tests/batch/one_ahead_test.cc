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

}  // namespace
}  // namespace pleat::batch
