#include "ops/cpu_workers.h"

#include <algorithm>

#include "kernels/isa.h"
#include "tests/kernels/reference.h"

namespace pleat::ops {
namespace {

using kernels::Arithmetic;
using kernels::BlockCosts;
using kernels::matrix;
using kernels::StoredTensor;
using kernels::test::random_matrix;

TEST(Workers, BlocksCoverEveryRowOnce) {
  ThreadPool pool(3);
  const Workers workers(pool);
  for (int64_t rows : {0, 1, 47, 48, 49, 1000}) {
    std::vector<std::atomic<int>> seen(static_cast<size_t>(rows));
    workers.for_blocks(rows, [&](int64_t first, int64_t count, Scratch scratch) {
      const Mat x = scratch.take(count, 3);
      x.row(count - 1)[2] = 1.0f;
      for (int64_t r = first; r < first + count; ++r) ++seen[static_cast<size_t>(r)];
    });
    for (const auto& s : seen) ASSERT_EQ(s, 1);
  }
}

// Blocks are taken in order by whichever thread is free.
int64_t most_rows_of_a_thread(int64_t rows, int threads) {
  const int64_t size = block_height(rows, threads);
  std::vector<int64_t> taken(static_cast<size_t>(threads));
  for (int64_t first = 0; first < rows; first += size)
    *std::min_element(taken.begin(), taken.end()) += std::min(size, rows - first);
  return *std::max_element(taken.begin(), taken.end());
}

TEST(Workers, BlocksKeepAllThreadsBusy) {
  for (const Isa isa : kernels::kernel_isas()) {
    kernels::use_isa(isa);
    const BlockCosts blocks = kernels::block_costs();
    const int64_t tile = blocks.tile, most = blocks.most;
    for (const int threads : {1, 2, 3, 8, 64})
      for (const int64_t rows : {1, 30, 76, 380, 640, 1280, 4096, 65536}) {
        const int64_t size = block_height(rows, threads);
        EXPECT_EQ(size % tile, 0);
        EXPECT_GE(size, 24);
        EXPECT_LE(size, most);
        const int64_t share = (rows + threads - 1) / threads;
        // Where blocks are tall because reading weights is dear, some evenness is given for fewer of them.
        const int64_t uneven = most > 96 ? share / 5 : share / 8;
        EXPECT_LE(most_rows_of_a_thread(rows, threads),
                  std::max(share + std::max(uneven, tile), std::max<int64_t>(24, tile)))
            << rows << " rows, " << threads << " threads, " << name(isa);
      }
  }
  kernels::use_isa(active_isa());
}

TEST(Workers, IntermediatesOutliveTasksAndEndWithTheirScope) {
  ThreadPool pool(2);
  const Workers workers(pool);
  Stack stack;
  float* first = nullptr;
  {
    Scope scope(stack);
    const Mat a = scope.take(10, 10);
    first = a.data;
    workers.for_each(10, [&](int64_t r, Scratch scratch) {
      const Mat t = scratch.take(10, 10);
      EXPECT_NE(t.data, a.data);
      a.row(r)[0] = static_cast<float>(r);
    });
    for (int64_t r = 0; r < 10; ++r) EXPECT_EQ(a.row(r)[0], static_cast<float>(r));
  }
  Scope again(stack);
  EXPECT_EQ(again.take(10, 10).data, first);
}

class WorkersProducts : public kernels::test::OnEveryIsa {};
PLEAT_ON_EVERY_ISA(WorkersProducts);

TEST_P(WorkersProducts, PackLikeTheSerialForm) {
  ThreadPool pool(2);
  // The last part of the columns is narrower than what is worth a tile.
  const auto b = random_matrix(20, 2053, 1), a = random_matrix(4, 20, 2);
  for (Arithmetic arithmetic : kernels::test::kEveryArithmetic) {
    const Workers workers(pool);
    Stack stack;
    Scope scope(stack);
    Tensor<float> together({4, 2053}), apart({4, 2053});
    gemm(matrix(a), scope.pack(workers, matrix(b), arithmetic), matrix(together));
    gemm(matrix(a), PackedMatrix(matrix(b), arithmetic), matrix(apart));
    for (int64_t k = 0; k < apart.size(); ++k) ASSERT_EQ(together[k], apart[k]);
  }
}

TEST_P(WorkersProducts, HaveTheSameBitsOnAnyNumberOfThreads) {
  const auto x = random_matrix(301, 70, 3), w = random_matrix(70, 50, 4);
  for (Arithmetic arithmetic : kernels::test::kEveryArithmetic) {
    const PackedMatrix weights(matrix(w), arithmetic);
    Tensor<float> one({301, 301}), two({301, 301});
    for (Tensor<float>* out : {&one, &two}) {
      ThreadPool pool(out == &one ? 1 : 2);
      const Workers workers(pool);
      Stack stack;
      workers.for_blocks(301, [&](int64_t first, int64_t count, Scratch scratch) {
        const Mat y = scratch.take(count, 50);
        gemm(matrix(x).rows_at(first, count), weights, y);
        gemm(matrix(x).rows_at(first, count), scratch.take_packed(x.data(), 70, 301, 1, 70, arithmetic),
             matrix(*out).rows_at(first, count));
        add(y, matrix(*out).rows_at(first, count).cols_at(0, 50));
      });
    }
    for (int64_t k = 0; k < one.size(); ++k) ASSERT_EQ(one[k], two[k]);
  }
}

TEST(Workers, AddsProductsToEitherStorage) {
  kernels::use_isa(active_isa());
  ThreadPool pool(1);
  const Workers workers(pool);
  const auto a = kernels::test::random_matrix(7, 40, 1), b = kernels::test::random_matrix(40, 24, 2),
             start = kernels::test::random_matrix(7, 24, 3);
  const PackedMatrix packed(matrix(b));
  Tensor<float> sum = start;
  gemm(matrix(a), packed, matrix(sum), true);
  for (const Storage storage : {Storage::float32, Storage::bfloat16}) {
    StoredTensor stored(7, 24, storage);
    copy(matrix(start), stored.view());
    workers.for_each(
        1, [&](int64_t, Scratch scratch) { add_product(matrix(a), packed, stored.view(), scratch); });
    Tensor<float> result({7, 24});
    copy(stored.view(), matrix(result));
    for (int64_t k = 0; k < sum.size(); ++k) {
      const float lost = storage == Storage::float32 ? 0.0f : (std::abs(start[k]) + std::abs(sum[k])) / 256;
      ASSERT_NEAR(result[k], sum[k], lost);
    }
  }
}

}  // namespace
}  // namespace pleat::ops
