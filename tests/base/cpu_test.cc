#include "base/cpu.h"

#include <gtest/gtest.h>

#include <cstdlib>

#include "base/error.h"
#include "base/file.h"

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
              "'sse9' is not an instruction set.*Use avx2");
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

TEST(NumaNodes, AreTheKernelsListsCutToTheCoresThatMayBeUsed) {
  const auto machine = numa_nodes();
  ASSERT_FALSE(machine.empty());
  const int core = machine[0][0];
  const fs::path folder = fs::path(testing::TempDir()) / "pleat_nodes";
  write_file(folder / "online", "0-1,3\n");
  write_file(folder / "node0" / "cpulist", "100000-100003,100007\n");
  write_file(folder / "node1" / "cpulist", std::to_string(core) + ",100008-100009\n");
  write_file(folder / "node3" / "cpulist", "\n");
  EXPECT_EQ(numa_nodes(folder.string()), (std::vector<std::vector<int>>{{core}}));
  fs::remove_all(folder);
  EXPECT_EQ(numa_nodes(folder.string()).size(), 1u) << "the kernel tells nothing";
  EXPECT_GE(static_cast<int>(numa_nodes(folder.string())[0].size()), usable_cores());
}

}  // namespace
}  // namespace pleat
