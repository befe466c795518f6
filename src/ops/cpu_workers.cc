#include "ops/cpu_workers.h"

#include <algorithm>
#include <cstdint>

namespace pleat::ops {

PackedView Scratch::take_packed(const float* data, int64_t rows, int64_t cols, int64_t row_stride,
                                int64_t col_stride, Arithmetic arithmetic) {
  const kernels::Packing packing = kernels::packing_of(rows, cols, arithmetic);
  auto* out = arena_->take<uint32_t>(kernels::packed_size(rows, cols, packing));
  return kernels::pack(data, rows, cols, row_stride, col_stride, packing, out);
}

void add_product(ConstMat a, PackedView b, StoredMat c, Scratch& scratch) {
  if (c.storage == Storage::float32)
    return kernels::gemm(a, b, {c.floats(0), c.rows, c.cols, c.stride}, true);
  const Mat product = scratch.take(c.rows, c.cols);
  kernels::gemm(a, b, product);
  kernels::add(product, c);
}

int64_t block_height(int64_t rows, int threads) {
  constexpr int64_t kFewestRows = 24;
  const auto [tile, most, weights] = kernels::block_costs();
  int64_t best = tile, least = INT64_MAX;
  for (int64_t size = (kFewestRows + tile - 1) / tile * tile; size <= most; size += tile) {
    // The last, perhaps smaller, block goes to a thread with one block less, if there is one.
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

Workers::Workers(ThreadPool& pool) : pool_(&pool) {
  for (int i = 0; i < pool.size(); ++i) arenas_.push_back(std::make_unique<Arena>());
}

void Workers::trim() const {
  for (const auto& arena : arenas_) arena->trim();
}

void Workers::for_each(int64_t tasks, const std::function<void(int64_t, Scratch)>& body) const {
  pool_->run(tasks, [&](int64_t task, int worker) {
    Arena& arena = *arenas_[static_cast<size_t>(worker)];
    Arena::Scope scope(arena);
    body(task, Scratch(arena));
  });
}

void Workers::for_blocks(int64_t rows, const std::function<void(int64_t, int64_t, Scratch)>& body) const {
  const int64_t block = block_height(rows, threads());
  for_each((rows + block - 1) / block, [&](int64_t task, Scratch scratch) {
    const int64_t first = task * block;
    body(first, std::min(block, rows - first), scratch);
  });
}

PackedView Scope::take_packed(int64_t rows, int64_t cols, Arithmetic arithmetic) {
  const kernels::Packing packing = kernels::packing_of(rows, cols, arithmetic);
  return {arena_.take<uint32_t>(kernels::packed_size(rows, cols, packing)), rows, cols, packing};
}

PackedView Scope::pack(const Workers& workers, ConstMat b, Arithmetic arithmetic) {
  constexpr int64_t kColumns = 1024;
  const PackedView out = take_packed(b.rows, b.cols, arithmetic);
  workers.for_each((b.cols + kColumns - 1) / kColumns, [&](int64_t task, Scratch) {
    const int64_t first = task * kColumns, count = std::min(kColumns, b.cols - first);
    kernels::pack_columns(b.data + first, b.stride, 1, out, first, count);
  });
  return out;
}

}  // namespace pleat::ops
