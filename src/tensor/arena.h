// Scratch memory that is planned and reused: one stack of bytes, as large as its deepest use.
#pragma once

#include <cstddef>
#include <cstdint>

namespace pleat {

// A bump allocator over a range of addresses as large as the machine's memory, of which pages become real
// when they are first written, so the arena holds the most that was ever taken at a time, whatever the order
// and the sizes. One thread at a time. Memory taken inside a Scope is free again when the Scope ends.
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

  // Bytes that are taken now, and giving back all that were taken since they were so many.
  size_t used() const { return used_; }
  void rewind(size_t used) { used_ = used; }

  // The most bytes taken at a time since the last trim: the memory that the arena holds, to a page.
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
