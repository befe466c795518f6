#include "kernels/context.h"

#include <algorithm>

namespace pleat {
namespace {

// Rows that a task takes at a time: few enough that their activations stay in the second-level cache while a
// block of layers passes over them, many enough that the weights, which every task reads whole, come seldom.
// Fewer where threads would go without work.
constexpr int64_t kMostRows = 96, kFewestRows = 24, kTasksOfThread = 2;

int64_t rows_of_block(int64_t rows, int threads) {
  const int64_t tile = product_rows();
  const auto blocks_of = [&](int64_t size) { return (rows + size - 1) / size; };
  const int64_t blocks =
      std::max(blocks_of(kMostRows), std::min(kTasksOfThread * threads, blocks_of(kFewestRows)));
  const int64_t even = (rows + blocks - 1) / std::max<int64_t>(1, blocks);
  return std::max(tile, (even + tile - 1) / tile * tile);
}

}  // namespace

void add_gemm(ConstMat a, PackedView b, StoredMat c, Scratch& scratch) {
  if (c.storage == Storage::float32) return gemm(a, b, {c.floats(0), c.rows, c.cols, c.stride}, true);
  const Mat product = scratch.take(c.rows, c.cols);
  gemm(a, b, product);
  add(product, c);
}

Context::Context(ThreadPool& pool, Arithmetic arithmetic) : pool_(&pool), arithmetic_(arithmetic) {
  for (int i = 0; i <= pool.size(); ++i) arenas_.push_back(std::make_shared<Arena>());
}

Context Context::with(Arithmetic arithmetic) const {
  Context other = *this;
  other.arithmetic_ = arithmetic;
  return other;
}

void Context::trim() const {
  for (const auto& arena : arenas_) arena->trim();
}

void Context::for_each(int64_t tasks, const std::function<void(int64_t, Scratch)>& body) const {
  pool_->run(tasks, [&](int64_t task, int worker) {
    Arena& arena = *arenas_[static_cast<size_t>(1 + worker)];
    Arena::Scope scope(arena);
    body(task, Scratch(arena, arithmetic_));
  });
}

void Context::for_row_blocks(int64_t rows, const std::function<void(int64_t, int64_t, Scratch)>& body) const {
  const int64_t block = rows_of_block(rows, threads());
  for_each((rows + block - 1) / block, [&](int64_t task, Scratch scratch) {
    const int64_t first = task * block;
    body(first, std::min(block, rows - first), scratch);
  });
}

PackedView Context::Scope::take_packed(const Context& context, int64_t rows, int64_t cols) {
  const Packing packing = packing_of(rows, cols, context.arithmetic_);
  return {arena_.take<uint32_t>(packed_size(rows, cols, packing)), rows, cols, packing};
}

PackedView Context::Scope::pack(const Context& context, ConstMat b) {
  constexpr int64_t kColumns = 1024;
  const PackedView out = take_packed(context, b.rows, b.cols);
  context.for_each((b.cols + kColumns - 1) / kColumns, [&](int64_t task, Scratch) {
    const int64_t first = task * kColumns, count = std::min(kColumns, b.cols - first);
    pack_columns(b.data + first, b.stride, 1, out, first, count);
  });
  return out;
}

}  // namespace pleat
