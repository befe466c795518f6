// Memory that starts at a cache line, for whole vectors of any instruction set.
#pragma once

#include <new>
#include <vector>

namespace pleat::profile {

inline constexpr std::align_val_t kCacheLine{64};

template <class T>
struct CacheLineAllocator {
  using value_type = T;
  CacheLineAllocator() = default;
  template <class U>
  CacheLineAllocator(const CacheLineAllocator<U>&) {}
  T* allocate(size_t count) { return static_cast<T*>(::operator new(count * sizeof(T), kCacheLine)); }
  void deallocate(T* memory, size_t) { ::operator delete(memory, kCacheLine); }
  bool operator==(const CacheLineAllocator&) const { return true; }
};

template <class T>
using AlignedVector = std::vector<T, CacheLineAllocator<T>>;

}  // namespace pleat::profile
