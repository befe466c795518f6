// How a layer's work is divided and where its intermediates live: what every layer of the network receives.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "base/thread_pool.h"
#include "kernels/elementwise.h"
#include "kernels/gemm.h"
#include "kernels/matrix.h"
#include "tensor/arena.h"

namespace pleat {

// Scratch of one task; valid until the task ends.
class Scratch {
 public:
  explicit Scratch(Arena& arena) : arena_(&arena) {}
  Mat take(int64_t rows, int64_t cols) { return {arena_->take<float>(rows * cols), rows, cols}; }
  PackedView take_packed(const float* data, int64_t rows, int64_t cols, int64_t row_stride,
                         int64_t col_stride) {
    return pack(data, rows, cols, row_stride, col_stride, arena_->take<float>(packed_size(rows, cols)));
  }

 private:
  Arena* arena_;
};

class Context {
 public:
  // bfloat16: activations of the parts that the reference computes in bfloat16 are rounded to it (round
  // below).
  Context(ThreadPool& pool, bool bfloat16);

  // body(task, scratch) for every task in [0, tasks), on all threads.
  void for_each(int64_t tasks, const std::function<void(int64_t task, Scratch scratch)>& body) const;

  // body(first, count, scratch) for consecutive blocks of [0, rows); the blocks depend on `rows` alone.
  void for_row_blocks(int64_t rows,
                      const std::function<void(int64_t first, int64_t count, Scratch scratch)>& body) const;

  // Intermediates of the calling thread that outlive a parallel region: valid while the Scope lives.
  class Scope {
   public:
    explicit Scope(const Context& context) : scope_(*context.arenas_[0]), arena_(*context.arenas_[0]) {}
    Mat take(int64_t rows, int64_t cols) { return {arena_.take<float>(rows * cols), rows, cols}; }
    // B packed for products, by all threads of `context`.
    PackedView pack(const Context& context, ConstMat b);

   private:
    Arena::Scope scope_;
    Arena& arena_;
  };

  bool bfloat16() const { return bfloat16_; }
  // The same threads and memory with another rounding: the parts that stay in float32 use
  // with_bfloat16(false).
  Context with_bfloat16(bool bfloat16) const;

  // The reference's cast of an activation to its working type: rounds to bfloat16, or does nothing in
  // float32.
  void round(Mat x) const {
    if (bfloat16_) round_to_bf16(x);
  }

 private:
  ThreadPool* pool_;
  std::vector<std::shared_ptr<Arena>> arenas_;  // 0: the calling thread's intermediates; 1 + worker: tasks
  bool bfloat16_;
};

}  // namespace pleat
