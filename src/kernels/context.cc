#include "kernels/context.h"

#include <algorithm>
#include <cstdint>

namespace pleat {

int64_t rows_of_block(int64_t rows, int threads) {
  constexpr int64_t kFewestRows = 24;
  const auto [tile, most, weights] = row_blocks();
  int64_t best = tile, least = INT64_MAX;
  for (int64_t size = (kFewestRows + tile - 1) / tile * tile; size <= most; size += tile) {
    // The last block, which may be a smaller one, goes to a thread that has one less, if there is any.
    const int64_t whole = rows / size, rest = rows % size, rounds = (whole + threads - 1) / threads;
    const int64_t longest = whole % threads == 0 ? whole / threads * size + rest : rounds * size;
    const int64_t blocks = whole + (rest > 0 ? 1 : 0);
    const int64_t cost = longest + (blocks + threads - 1) / threads * weights;
    if (cost <= least) {
      least = cost;
      best = size;
    }
  }
  return best;
}

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
