#include "base/log.h"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

namespace pleat {
namespace {

TEST(Log, GoesToTheSinkAndNowhereWithoutOne) {
  std::vector<std::string> seen;
  set_log_sink([&](LogLevel level, const std::string& message) {
    seen.push_back((level == LogLevel::warning ? "warning: " : "info: ") + message);
  });
  log_info("{} tokens", 20);
  log_warning("no MSA");
  set_log_sink({});
  log_info("dropped");
  EXPECT_EQ(seen, (std::vector<std::string>{"info: 20 tokens", "warning: no MSA"}));
}

TEST(Log, OneMessageAtATime) {
  int count = 0;
  set_log_sink([&](LogLevel, const std::string&) { ++count; });
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([] {
      for (int i = 0; i < 100; ++i) log_info("message");
    });
  for (auto& thread : threads) thread.join();
  set_log_sink({});
  EXPECT_EQ(count, 400);
}

}  // namespace
}  // namespace pleat
