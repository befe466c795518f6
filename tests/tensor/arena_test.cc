#include "tensor/arena.h"

#include <gtest/gtest.h>

#include <cstring>

namespace pleat {
namespace {

TEST(Arena, PiecesAreAlignedAndApart) {
  Arena arena;
  char* previous_end = nullptr;
  for (int64_t count : {1, 63, 64, 65, 1000}) {
    char* piece = arena.take<char>(count);
    EXPECT_EQ(reinterpret_cast<uintptr_t>(piece) % 64, 0u);
    EXPECT_GE(piece, previous_end);
    std::memset(piece, 7, static_cast<size_t>(count));
    previous_end = piece + count;
  }
}

TEST(Arena, AScopeGivesItsMemoryBack) {
  Arena arena;
  float* outer = arena.take<float>(10);
  float* first;
  {
    Arena::Scope scope(arena);
    first = arena.take<float>(1000);
    EXPECT_NE(first, outer);
  }
  Arena::Scope scope(arena);
  EXPECT_EQ(arena.take<float>(1000), first);
}

TEST(Arena, NestedScopesKeepWhatTheOuterTook) {
  Arena arena;
  Arena::Scope outer(arena);
  int* kept = arena.take<int>(1000);
  for (int i = 0; i < 1000; ++i) kept[i] = i;
  for (int round = 0; round < 3; ++round) {
    Arena::Scope inner(arena);
    std::memset(arena.take<char>(5 << 20), 0xff, 5 << 20);
  }
  for (int i = 0; i < 1000; ++i) ASSERT_EQ(kept[i], i);
}

TEST(Arena, RepeatedWorkTakesNoMoreMemory) {
  Arena arena;
  EXPECT_EQ(arena.capacity(), 0u);
  const auto work = [&] {
    Arena::Scope scope(arena);
    for (int64_t count : {100, 3 << 20, 10, 9 << 20, 1000}) arena.take<char>(count)[count - 1] = 1;
  };
  work();
  const size_t after_first = arena.capacity();
  EXPECT_GE(after_first, size_t{12 << 20});
  for (int i = 0; i < 10; ++i) work();
  EXPECT_EQ(arena.capacity(), after_first);
}

}  // namespace
}  // namespace pleat
