#include "tensor/arena.h"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <new>

namespace pleat {
namespace {

constexpr size_t kAlignment = 64;

size_t round_up(size_t bytes, size_t multiple) { return (bytes + multiple - 1) / multiple * multiple; }

size_t page_size() { return static_cast<size_t>(sysconf(_SC_PAGESIZE)); }
size_t machine_memory() { return static_cast<size_t>(sysconf(_SC_PHYS_PAGES)) * page_size(); }

}  // namespace

Arena::~Arena() {
  if (bytes_) munmap(bytes_, size_);
}

void* Arena::take_bytes(size_t bytes) {
  if (!bytes_) {
    size_ = machine_memory();
    void* range =
        mmap(nullptr, size_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (range == MAP_FAILED) throw std::bad_alloc();
    bytes_ = static_cast<std::byte*>(range);
    madvise(bytes_, size_, MADV_HUGEPAGE);  // a hint; worth the rounding of the size
  }
  bytes = round_up(bytes, kAlignment);
  if (bytes > size_ - used_) throw std::bad_alloc();
  void* taken = bytes_ + used_;
  used_ += bytes;
  high_water_ = std::max(high_water_, used_);
  return taken;
}

void Arena::trim() {
  const size_t kept = round_up(used_, page_size());
  if (kept < high_water_) madvise(bytes_ + kept, round_up(high_water_, page_size()) - kept, MADV_DONTNEED);
  high_water_ = used_;
}

}  // namespace pleat
