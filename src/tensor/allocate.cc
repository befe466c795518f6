#include <sys/mman.h>

#include <cstdlib>
#include <new>

#include "tensor/tensor.h"

namespace pleat {

void* allocate_aligned(size_t bytes) {
  constexpr size_t kAlignment = 64, kLargePage = size_t{2} << 20;
  const bool large = bytes >= 2 * kLargePage;
  const size_t alignment = large ? kLargePage : kAlignment;
  const size_t size = (bytes + alignment - 1) / alignment * alignment;
  void* memory = std::aligned_alloc(alignment, size);
  if (!memory) throw std::bad_alloc();
  if (large) madvise(memory, size, MADV_HUGEPAGE);  // an offer
  return memory;
}

}  // namespace pleat
