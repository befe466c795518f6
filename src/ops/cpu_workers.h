// How the CPU's operations divide work among threads, and the memory of their intermediates.
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

// c += A B. A sum that is stored in bfloat16 is rounded once. c must not overlap A or B.
void add_product(ConstMat a, PackedView b, StoredMat c, Scratch& scratch);

// Rows of a task of for_blocks: chosen so that the thread with the most work has as little as can be
// (kernels::block_costs).
int64_t block_height(int64_t rows, int threads);

// The threads and their scratch.
class Workers {
 public:
  explicit Workers(ThreadPool& pool);

  // body(task, scratch) for every task in [0, tasks), on all threads.
  void for_each(int64_t tasks, const std::function<void(int64_t task, Scratch scratch)>& body) const;

  // body(first, count, scratch) for consecutive blocks of [0, rows), for work whose rows do not depend on
  // each other.
  void for_blocks(int64_t rows,
                  const std::function<void(int64_t first, int64_t count, Scratch scratch)>& body) const;

  int threads() const { return pool_->size(); }
  // Returns scratch that is not in use to the system.
  void trim() const;

 private:
  ThreadPool* pool_;
  std::vector<std::unique_ptr<Arena>> arenas_;  // one a thread
};

// Intermediates of an operation that outlive a parallel region: valid while the Scope lives.
class Scope {
 public:
  explicit Scope(Stack& stack) : scope_(stack.arena()), arena_(stack.arena()) {}
  Mat take(int64_t rows, int64_t cols) { return {arena_.take<float>(rows * cols), rows, cols}; }
  // Room for a packed matrix, to be filled by pack_columns.
  PackedView take_packed(int64_t rows, int64_t cols, Arithmetic arithmetic);
  // B packed for products, by all workers.
  PackedView pack(const Workers& workers, ConstMat b, Arithmetic arithmetic);

 private:
  Arena::Scope scope_;
  Arena& arena_;
};

}  // namespace pleat::ops
