#include "base/child_process.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <stdexcept>

namespace pleat {
namespace {

constexpr double kLongTime = 600;  // seconds

TEST(ChildProcess, ReturnsTheText) {
  const int here = 7;
  const std::string large(1 << 20, 'x');
  EXPECT_EQ(run_in_copy(kLongTime, [&] { return std::to_string(here) + large; }), "7" + large);
  EXPECT_EQ(run_in_copy(kLongTime, [] { return std::string(); }), "");
}

TEST(ChildProcess, EndsWhatTakesTooLong) {
  EXPECT_EQ(run_in_copy(0,
                        []() -> std::string {
                          while (true) ::pause();
                        }),
            std::nullopt);
}

TEST(ChildProcess, SaysWhenTheWorkFails) {
  EXPECT_THROW(run_in_copy(kLongTime, []() -> std::string { throw std::runtime_error("no"); }),
               std::runtime_error);
  EXPECT_THROW(run_in_copy(kLongTime, []() -> std::string { ::_exit(0); }), std::runtime_error);
}

}  // namespace
}  // namespace pleat
