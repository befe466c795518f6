#include "cuda/memory.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.h"
#include "base/memory.h"

namespace pleat::cuda {
namespace {

constexpr int64_t kAlignment = 256;
constexpr int64_t kGrowth = int64_t{32} << 20;      // of the range, at least
constexpr int64_t kSmallPiece = int64_t{64} << 20;  // kept for reuse when freed

int64_t rounded(int64_t bytes, int64_t unit) { return (bytes + unit - 1) / unit * unit; }

}  // namespace

Memory::~Memory() {
  for (const auto& [size, pieces] : spare_)
    for (std::byte* bytes : pieces) device_.release(bytes);
}

void Memory::require(int64_t more) const {
  if (held() + more <= limit_) return;
  throw Error(device_.description(),
              fmt::format("out of memory: pleat holds {} and needs {} more, but may use only {}",
                          size_text(held()), size_text(more), size_text(limit_)),
              "Raise --max_device_memory if the GPU has more memory, or predict a smaller complex.");
}

Memory::Piece Memory::take(int64_t bytes) {
  const Piece piece{device_.range() + used_, bytes, taken_.size()};
  const int64_t end = used_ + rounded(bytes, kAlignment);
  if (end > range_) {
    // When memory is scarce, takes exactly what it needs, so that a plan that fits does fit.
    const int64_t wanted = rounded(end, kGrowth), size = held() + wanted - range_ <= limit_ ? wanted : end;
    require(size - range_);
    device_.resize_range(size);
    range_ = size;
  }
  taken_.push_back({used_, false});
  used_ = end;
  high_water_ = std::max(high_water_, used_);
  device_.mark_taken(piece.bytes, bytes);
  return piece;
}

void Memory::give_back(const Piece& piece) {
  device_.mark_free(piece.bytes, piece.size);
  taken_[piece.number].gone = true;
  while (!taken_.empty() && taken_.back().gone) {
    used_ = taken_.back().below;
    taken_.pop_back();
  }
}

Memory::Piece Memory::take_own(int64_t bytes) {
  const int64_t size = std::max(rounded(bytes, kAlignment), kAlignment);
  std::vector<std::byte*>& spare = spare_[size];
  if (!spare.empty()) {
    std::byte* kept = spare.back();
    spare.pop_back();
    return {kept, size, 0};
  }
  require(size);
  std::byte* fresh = device_.allocate(size);
  own_ += size;
  return {fresh, size, 0};
}

void Memory::give_back_own(const Piece& piece) {
  if (piece.size <= kSmallPiece) return spare_[piece.size].push_back(piece.bytes);
  device_.release(piece.bytes);
  own_ -= piece.size;
}

Memory::Piece Memory::take_on_host(int64_t bytes) {
  const int64_t size = std::max(rounded(bytes, kAlignment), kAlignment);
  std::byte* pinned = device_.allocate_on_host(size);
  on_host_ += size;
  return {pinned, size, 0};
}

void Memory::give_back_on_host(const Piece& piece) {
  device_.release_on_host(piece.bytes);
  on_host_ -= piece.size;
}

void Memory::trim() {
  device_.wait();
  for (auto& [size, pieces] : spare_) {
    for (std::byte* bytes : pieces) device_.release(bytes);
    own_ -= size * static_cast<int64_t>(pieces.size());
  }
  spare_.clear();
  const int64_t size = rounded(used_, kGrowth);
  if (size < range_) {
    device_.resize_range(size);
    range_ = size;
  }
  high_water_ = used_;
}

}  // namespace pleat::cuda
