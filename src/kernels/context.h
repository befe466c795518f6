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
  Scratch(Arena& arena, Arithmetic arithmetic) : arena_(&arena), arithmetic_(arithmetic) {}
  Mat take(int64_t rows, int64_t cols) { return {arena_->take<float>(rows * cols), rows, cols}; }
  // B(k, n) = data[k * row_stride + n * col_stride] packed for products in the context's arithmetic.
  PackedView take_packed(const float* data, int64_t rows, int64_t cols, int64_t row_stride,
                         int64_t col_stride) {
    const Packing packing = packing_of(rows, cols, arithmetic_);
    auto* out = arena_->take<uint32_t>(packed_size(rows, cols, packing));
    return pack(data, rows, cols, row_stride, col_stride, packing, out);
  }

 private:
  Arena* arena_;
  Arithmetic arithmetic_;
};

// c += A B. A sum that is stored in bfloat16 is rounded once. c must not overlap A or B.
void add_gemm(ConstMat a, PackedView b, StoredMat c, Scratch& scratch);

// Rows of a task of for_row_blocks, by row_blocks(): chosen so that the thread with the most work has as
// little as can be.
int64_t rows_of_block(int64_t rows, int threads);

class Context {
 public:
  // arithmetic: of products of two activations, as in attention. A product with weights follows their
  // packing.
  Context(ThreadPool& pool, Arithmetic arithmetic);

  // body(task, scratch) for every task in [0, tasks), on all threads.
  void for_each(int64_t tasks, const std::function<void(int64_t task, Scratch scratch)>& body) const;

  // body(first, count, scratch) for consecutive blocks of [0, rows), for work whose rows do not depend on
  // each other (rows_of_block).
  void for_row_blocks(int64_t rows,
                      const std::function<void(int64_t first, int64_t count, Scratch scratch)>& body) const;

  // Intermediates of the calling thread that outlive a parallel region: valid while the Scope lives.
  class Scope {
   public:
    explicit Scope(const Context& context) : scope_(*context.arenas_[0]), arena_(*context.arenas_[0]) {}
    Mat take(int64_t rows, int64_t cols) { return {arena_.take<float>(rows * cols), rows, cols}; }
    StoredMat take_stored(int64_t rows, int64_t cols, Storage storage) {
      return {arena_.take<std::byte>(rows * cols * bytes_of(storage)), rows, cols, cols, storage};
    }
    // Room for a packed matrix in the context's arithmetic, to be filled by pack_columns.
    PackedView take_packed(const Context& context, int64_t rows, int64_t cols);
    // B packed for products, by all threads of `context`.
    PackedView pack(const Context& context, ConstMat b);

   private:
    Arena::Scope scope_;
    Arena& arena_;
  };

  // Gives the scratch that is not taken now back to the system.
  void trim() const;

  int threads() const { return pool_->size(); }
  Arithmetic arithmetic() const { return arithmetic_; }
  // The same threads and memory with other arithmetic.
  Context with(Arithmetic arithmetic) const;

 private:
  ThreadPool* pool_;
  std::vector<std::shared_ptr<Arena>> arenas_;  // 0: the calling thread's intermediates; 1 + worker: tasks
  Arithmetic arithmetic_;
};

}  // namespace pleat
