#include <sys/mman.h>

#include <cstdlib>
#include <new>

#include "tensor/tensor.h"

namespace pleat {

void* allocate_aligned(size_t bytes) {
  constexpr size_t kAlignment = 64, kLargePage = size_t{2} << 20;
  const bool large = bytes >= 2 * kLargePage;
  void* memory = nullptr;
  if (posix_memalign(&memory, large ? kLargePage : kAlignment, bytes) != 0) throw std::bad_alloc();
  // A hint. The rest after the last whole large page stays in small pages.
  if (large) madvise(memory, bytes / kLargePage * kLargePage, MADV_HUGEPAGE);
  return memory;
}

}  // namespace pleat
