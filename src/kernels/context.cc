#include "kernels/context.h"

#include <algorithm>

namespace pleat {
namespace {

// Rows that a task takes at a time: their activations stay in the second-level cache while a block of layers
// passes over them. A multiple of the products' tile height.
constexpr int64_t kBlockRows = 48;

}  // namespace

Context::Context(ThreadPool& pool, bool bfloat16) : pool_(&pool), bfloat16_(bfloat16) {
  for (int i = 0; i <= pool.size(); ++i) arenas_.push_back(std::make_shared<Arena>());
}

Context Context::with_bfloat16(bool bfloat16) const {
  Context other = *this;
  other.bfloat16_ = bfloat16;
  return other;
}

void Context::for_each(int64_t tasks, const std::function<void(int64_t, Scratch)>& body) const {
  pool_->run(tasks, [&](int64_t task, int worker) {
    Arena& arena = *arenas_[static_cast<size_t>(1 + worker)];
    Arena::Scope scope(arena);
    body(task, Scratch(arena));
  });
}

void Context::for_row_blocks(int64_t rows, const std::function<void(int64_t, int64_t, Scratch)>& body) const {
  for_each((rows + kBlockRows - 1) / kBlockRows, [&](int64_t task, Scratch scratch) {
    const int64_t first = task * kBlockRows;
    body(first, std::min(kBlockRows, rows - first), scratch);
  });
}

PackedView Context::Scope::pack(const Context& context, ConstMat b) {
  constexpr int64_t kColumns = 1024;  // whole panels of every instruction set
  float* out = arena_.take<float>(packed_size(b.rows, b.cols));
  context.for_each((b.cols + kColumns - 1) / kColumns, [&](int64_t task, Scratch) {
    const int64_t first = task * kColumns, count = std::min(kColumns, b.cols - first);
    pleat::pack(b.data + first, b.rows, count, b.stride, 1, out + packed_size(b.rows, first));
  });
  return {out, b.rows, b.cols};
}

}  // namespace pleat
