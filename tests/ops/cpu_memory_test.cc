// Memory of the CPU's arrays: what is free again when, and that nothing is held twice.
#include "ops/cpu_memory.h"

#include <gtest/gtest.h>

#include "base/thread_pool.h"
#include "ops/cpu_backend.h"

namespace pleat::ops {
namespace {

TEST(Stack, PiecesAreFreeOnceAllAboveThemAreGone) {
  Stack stack;
  const Stack::Piece a = stack.take(100), b = stack.take(1000);
  stack.give_back(a.number);
  const Stack::Piece c = stack.take(10);
  EXPECT_GT(c.bytes, b.bytes) << "b still lies above a";
  stack.give_back(c.number);
  stack.give_back(b.number);
  EXPECT_EQ(stack.arena().used(), 0u);
  EXPECT_EQ(stack.take(10).bytes, a.bytes);
}

TEST(CpuBackend, TemporariesReuseMemoryInAnyOrderOfTheirEnds) {
  ThreadPool pool(1);
  CpuBackend backend(pool);
  const std::byte* bottom = nullptr;
  {
    Array a = backend.temporary(10, 10);
    bottom = a.memory<CpuElements>().bytes();
    Array b = backend.temporary(5, 5);
    a = Array();
    EXPECT_NE(backend.temporary(1, 1).memory<CpuElements>().bytes(), bottom);
  }
  EXPECT_EQ(backend.temporary(1, 1).memory<CpuElements>().bytes(), bottom);
}

TEST(CpuBackend, UploadsAndDownloadsKeepEveryElement) {
  ThreadPool pool(2);
  CpuBackend backend(pool);
  Tensor<float> values({3, 4, 5});
  for (int64_t k = 0; k < values.size(); ++k) values[k] = static_cast<float>(k) * 0.25f;
  const Array array = backend.upload(values);
  EXPECT_EQ(array.rows(), 12);
  EXPECT_EQ(array.cols(), 5);
  Tensor<float> back({70});
  backend.download(array, back, 10);
  for (int64_t k = 0; k < values.size(); ++k) EXPECT_EQ(back[10 + k], values[k]);
  EXPECT_EQ(back[9], 0.0f);

  Array rounded = backend.make(12, 5, Type::bfloat16);
  backend.copy(array, rounded);
  backend.download(rounded, back);
  for (int64_t k = 0; k < values.size(); ++k) EXPECT_EQ(back[k], values[k]) << "these need 8 bits";
}

TEST(CpuBackend, ArraysOfNothing) {
  ThreadPool pool(1);
  CpuBackend backend(pool);
  const Array none = backend.upload(Tensor<int32_t>({0, 2}));
  EXPECT_FALSE(none.empty());
  EXPECT_EQ(none.rows(), 0);
  EXPECT_TRUE(Array().empty());
}

}  // namespace
}  // namespace pleat::ops
