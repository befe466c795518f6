// Planned, reusable scratch memory: one stack of bytes, as large as its deepest use.
#pragma once

#include <cstddef>
#include <cstdint>

namespace pleat {

// A bump allocator over an address range as large as the machine's memory. Pages become real at the first
// write, so the arena holds the most that was ever in use at a time, in any order and sizes. Not thread-safe.
// The end of a Scope frees the memory taken inside it.
class Arena {
 public:
  Arena() = default;
  ~Arena();
  Arena(const Arena&) = delete;
  Arena& operator=(const Arena&) = delete;

  // `count` elements, 64-byte aligned, uninitialised, valid until the innermost open Scope ends. Throws
  // std::bad_alloc.
  template <class T>
  T* take(int64_t count) {
    return static_cast<T*>(take_bytes(static_cast<size_t>(count) * sizeof(T)));
  }

  class Scope {
   public:
    explicit Scope(Arena& arena) : arena_(arena), used_(arena.used_) {}
    ~Scope() { arena_.used_ = used_; }
    Scope(const Scope&) = delete;
    Scope& operator=(const Scope&) = delete;

   private:
    Arena& arena_;
    size_t used_;
  };

  // The bytes in use.
  size_t used() const { return used_; }
  // Frees all bytes taken since used() was `used`.
  void rewind(size_t used) { used_ = used; }

  // The most bytes in use at a time since the last trim: the arena's memory, up to a page.
  size_t high_water() const { return high_water_; }
  // Returns memory that is not in use to the system.
  void trim();

 private:
  void* take_bytes(size_t bytes);

  std::byte* bytes_ = nullptr;  // the range, reserved at the first use
  size_t size_ = 0;             // of the range
  size_t used_ = 0, high_water_ = 0;
};

}  // namespace pleat
