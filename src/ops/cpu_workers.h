// Division of the CPU's operations among threads, and the memory of their intermediates.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "base/thread_pool.h"
#include "kernels/elementwise.h"
#include "kernels/gemm.h"
#include "ops/cpu_memory.h"

namespace pleat::ops {

using kernels::Arithmetic;

// Scratch of one task; valid until the task ends.
class Scratch {
 public:
  explicit Scratch(Arena& arena) : arena_(&arena) {}
  Mat take(int64_t rows, int64_t cols) { return {arena_->take<float>(rows * cols), rows, cols}; }
  // B(k, n) = data[k * row_stride + n * col_stride] packed for products.
  PackedView take_packed(const float* data, int64_t rows, int64_t cols, int64_t row_stride,
                         int64_t col_stride, Arithmetic arithmetic);

 private:
  Arena* arena_;
};

// c += A B. Rounds a sum stored in bfloat16 once. c must not overlap A or B.
void add_product(ConstMat a, PackedView b, StoredMat c, Scratch& scratch);

// Rows per task of for_blocks, chosen to minimise the work of the busiest thread (kernels::block_costs).
int64_t block_height(int64_t rows, int threads);

// The threads and their scratch.
class Workers {
 public:
  explicit Workers(ThreadPool& pool);

  // body(task, scratch) for every task in [0, tasks), on all threads.
  void for_each(int64_t tasks, const std::function<void(int64_t task, Scratch scratch)>& body) const;

  // body(first, count, scratch) for consecutive blocks of [0, rows), on all threads; for independent rows.
  void for_blocks(int64_t rows,
                  const std::function<void(int64_t first, int64_t count, Scratch scratch)>& body) const;

  int threads() const { return pool_->size(); }
  // Returns scratch that is not in use to the system.
  void trim() const;

 private:
  ThreadPool* pool_;
  std::vector<std::unique_ptr<Arena>> arenas_;  // one per thread
};

// Intermediates of an operation that outlive a parallel region, valid while the Scope lives.
class Scope {
 public:
  explicit Scope(Stack& stack) : scope_(stack.arena()), arena_(stack.arena()) {}
  Mat take(int64_t rows, int64_t cols) { return {arena_.take<float>(rows * cols), rows, cols}; }
  // Memory for a packed matrix, for pack_columns to fill.
  PackedView take_packed(int64_t rows, int64_t cols, Arithmetic arithmetic);
  // Packs B for products, with all workers.
  PackedView pack(const Workers& workers, ConstMat b, Arithmetic arithmetic);

 private:
  Arena::Scope scope_;
  Arena& arena_;
};

}  // namespace pleat::ops
