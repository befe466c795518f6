#include "base/cpu.h"

#include <gtest/gtest.h>

#include <cstdlib>

#include "base/error.h"

namespace pleat {
namespace {

// PLEAT_ISA is read once in a process, so each of these asks in a process of its own.
[[noreturn]] void report_active_isa(const std::string& wanted) {
  setenv("PLEAT_ISA", wanted.c_str(), 1);
  try {
    std::fputs(name(active_isa()).c_str(), stderr);
  } catch (const Error& error) {
    std::fputs(error.what(), stderr);
  }
  std::exit(0);
}

TEST(CpuDeathTest, TheLowestSetCanBeAskedFor) {
  EXPECT_EXIT(report_active_isa("avx2"), testing::ExitedWithCode(0), "^avx2$");
}

TEST(CpuDeathTest, AnEmptyWishMeansTheBest) {
  EXPECT_EXIT(report_active_isa(""), testing::ExitedWithCode(0), "^" + name(detected_isa()) + "$");
}

TEST(CpuDeathTest, AnEmulatedSetCanBeAskedForAnywhere) {
  EXPECT_EXIT(report_active_isa("amx_emulated"), testing::ExitedWithCode(0), "^amx_emulated$");
}

TEST(CpuDeathTest, AnUnknownSetIsRefused) {
  EXPECT_EXIT(report_active_isa("sse9"), testing::ExitedWithCode(0),
              "'sse9' is no instruction set.*Use avx2");
}

TEST(CpuDeathTest, AnAbsentSetIsRefused) {
  if (detected_isa() == Isa::amx) GTEST_SKIP() << "skipped: this machine has every instruction set";
  EXPECT_EXIT(report_active_isa("amx"), testing::ExitedWithCode(0), "amx is not available on this machine");
}

TEST(Cpu, NamesAndCores) {
  EXPECT_EQ(name(Isa::avx2), "avx2");
  EXPECT_EQ(name(Isa::avx512), "avx512");
  EXPECT_EQ(name(Isa::avx512_bf16), "avx512bf16");
  EXPECT_EQ(name(Isa::amx), "amx");
  EXPECT_FALSE(emulated(detected_isa()));
  EXPECT_EQ(name(Isa::amx), "amx");
  EXPECT_GE(usable_cores(), 1);
  EXPECT_FALSE(cpu_name().empty());
}

}  // namespace
}  // namespace pleat
