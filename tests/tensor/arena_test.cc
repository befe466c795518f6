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

TEST(Arena, HoldsTheMostThatWasTakenAtATime) {
  Arena arena;
  EXPECT_EQ(arena.high_water(), 0u);
  const auto work = [&](int64_t a, int64_t b) {
    Arena::Scope scope(arena);
    arena.take<char>(a)[a - 1] = 1;
    arena.take<char>(b)[b - 1] = 1;
  };
  for (int round = 0; round < 3; ++round) {
    work(3 << 20, 9 << 20);
    work(11 << 20, 64);
    work(64, 11 << 20);
    EXPECT_EQ(arena.high_water(), size_t{12 << 20});
  }
}

TEST(Arena, TrimKeepsWhatIsTaken) {
  Arena arena;
  Arena::Scope outer(arena);
  int* kept = arena.take<int>(1000);
  for (int i = 0; i < 1000; ++i) kept[i] = i;
  {
    Arena::Scope inner(arena);
    std::memset(arena.take<char>(5 << 20), 0xff, 5 << 20);
  }
  arena.trim();
  EXPECT_EQ(arena.high_water(), 4032u);  // 1000 integers in whole lines of 64 bytes
  for (int i = 0; i < 1000; ++i) ASSERT_EQ(kept[i], i);
  EXPECT_EQ(arena.take<char>(5 << 20)[5000000], 0) << "fresh from the system";
}

TEST(Arena, MoreThanTheMachineHasIsRefused) {
  Arena arena;
  EXPECT_THROW(arena.take<char>(int64_t{1} << 50), std::bad_alloc);
}

}  // namespace
}  // namespace pleat
