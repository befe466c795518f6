#include "tensor/arena.h"

#include <algorithm>
#include <cstdlib>

#include "base/error.h"

namespace pleat {
namespace {

constexpr size_t kAlignment = 64;
// New blocks double what is held, within these bounds, so that many small requests take few blocks.
constexpr size_t kSmallestBlock = size_t{1} << 20, kLargestGrowth = size_t{64} << 20;

}  // namespace

void Arena::Free::operator()(std::byte* p) const { std::free(p); }

size_t Arena::capacity() const {
  size_t total = 0;
  for (const Block& block : blocks_) total += block.size;
  return total;
}

void* Arena::take_bytes(size_t bytes) {
  bytes = (bytes + kAlignment - 1) / kAlignment * kAlignment;
  while (block_ < blocks_.size() && blocks_[block_].size - used_ < bytes) {
    ++block_;
    used_ = 0;
  }
  if (block_ == blocks_.size()) {
    const size_t size = std::max(bytes, std::clamp(capacity(), kSmallestBlock, kLargestGrowth));
    auto* memory = static_cast<std::byte*>(std::aligned_alloc(kAlignment, size));
    PLEAT_ASSERT(memory);
    blocks_.push_back({std::unique_ptr<std::byte, Free>(memory), size});
  }
  void* taken = blocks_[block_].bytes.get() + used_;
  used_ += bytes;
  return taken;
}

}  // namespace pleat
