#include "kernels/context.h"

#include "tests/kernels/reference.h"

namespace pleat {
namespace {

using test::random_matrix;

TEST(Context, RowBlocksCoverEveryRowOnce) {
  ThreadPool pool(3);
  const Context context(pool, false);
  for (int64_t rows : {0, 1, 47, 48, 49, 1000}) {
    std::vector<std::atomic<int>> seen(static_cast<size_t>(rows));
    context.for_row_blocks(rows, [&](int64_t first, int64_t count, Scratch scratch) {
      const Mat x = scratch.take(count, 3);
      x.row(count - 1)[2] = 1.0f;
      for (int64_t r = first; r < first + count; ++r) ++seen[static_cast<size_t>(r)];
    });
    for (const auto& s : seen) ASSERT_EQ(s, 1);
  }
}

TEST(Context, IntermediatesOutliveTasksAndEndWithTheirScope) {
  ThreadPool pool(2);
  const Context context(pool, false);
  float* first = nullptr;
  {
    Context::Scope scope(context);
    const Mat a = scope.take(10, 10);
    first = a.data;
    context.for_each(10, [&](int64_t r, Scratch scratch) {
      const Mat t = scratch.take(10, 10);
      EXPECT_NE(t.data, a.data);
      a.row(r)[0] = static_cast<float>(r);
    });
    for (int64_t r = 0; r < 10; ++r) EXPECT_EQ(a.row(r)[0], static_cast<float>(r));
  }
  Context::Scope again(context);
  EXPECT_EQ(again.take(10, 10).data, first);
}

TEST(Context, PacksLikeTheSerialForm) {
  ThreadPool pool(2);
  const Context context(pool, false);
  const auto b = random_matrix(5, 2100, 1), a = random_matrix(4, 5, 2);
  Context::Scope scope(context);
  Tensor<float> together({4, 2100}), apart({4, 2100});
  gemm(matrix(a), scope.pack(context, matrix(b)), matrix(together));
  gemm(matrix(a), PackedMatrix(matrix(b)), matrix(apart));
  for (int64_t k = 0; k < apart.size(); ++k) ASSERT_EQ(together[k], apart[k]);
}

TEST(Context, RoundsOnlyInBfloat16) {
  ThreadPool pool(1);
  const Context exact(pool, false), rounded = exact.with_bfloat16(true);
  Tensor<float> x({1, 1});
  x[0] = 1.001f;
  exact.round(matrix(x));
  EXPECT_EQ(x[0], 1.001f);
  rounded.round(matrix(x));
  EXPECT_EQ(x[0], 1.0f);
}

}  // namespace
}  // namespace pleat
