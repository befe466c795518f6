#include "base/memory.h"

#include <gtest/gtest.h>

#include <vector>

#include "base/error.h"

namespace pleat {
namespace {

TEST(Memory, SizesAreReadAndWritten) {
  EXPECT_EQ(parse_size("16G"), int64_t{16} << 30);
  EXPECT_EQ(parse_size("1.5GiB"), int64_t{3} << 29);
  EXPECT_EQ(parse_size("500m"), int64_t{500} << 20);
  EXPECT_EQ(parse_size("2TB"), int64_t{2} << 40);
  EXPECT_EQ(parse_size("4096"), 4096);
  for (const char* wrong : {"", "G", "-1G", "0", "16X", "16GG", "1e99G", "nan", "16 G"}) {
    EXPECT_THROW(parse_size(wrong), Error) << wrong;
  }
  EXPECT_EQ(size_text(int64_t{3} << 29), "1.5 GiB");
  EXPECT_EQ(size_text(int64_t{20} << 20), "20 MiB");
  EXPECT_EQ(size_text(1500), "1 KiB");
  EXPECT_EQ(size_text(3), "3 bytes");
  EXPECT_EQ(size_text(int64_t{5} << 50), "5120.0 TiB");
}

TEST(Memory, ThisProcessHoldsSomeOfTheMachines) {
  const int64_t before = resident_memory();
  EXPECT_GT(before, 1 << 20);
  EXPECT_GE(usable_memory(), before);
  const std::vector<char> touched(64 << 20, 1);
  EXPECT_GE(resident_memory(), before + (48 << 20));
  EXPECT_EQ(touched[5], 1);
}

}  // namespace
}  // namespace pleat
