// Scratch memory that is planned and reused: a stack of bytes that never gives memory back to the system
// between layers.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

namespace pleat {

// A bump allocator in blocks. One thread at a time. Memory taken inside a Scope is free again when the Scope
// ends.
class Arena {
 public:
  Arena() = default;
  Arena(const Arena&) = delete;
  Arena& operator=(const Arena&) = delete;

  // `count` elements, 64-byte aligned, uninitialised, valid until the innermost open Scope ends.
  template <class T>
  T* take(int64_t count) {
    return static_cast<T*>(take_bytes(static_cast<size_t>(count) * sizeof(T)));
  }

  class Scope {
   public:
    explicit Scope(Arena& arena) : arena_(arena), block_(arena.block_), used_(arena.used_) {}
    ~Scope() {
      arena_.block_ = block_;
      arena_.used_ = used_;
    }
    Scope(const Scope&) = delete;
    Scope& operator=(const Scope&) = delete;

   private:
    Arena& arena_;
    size_t block_, used_;
  };

  // Bytes held from the system now.
  size_t capacity() const;

 private:
  struct Free {
    void operator()(std::byte* p) const;
  };
  struct Block {
    std::unique_ptr<std::byte, Free> bytes;
    size_t size;
  };

  void* take_bytes(size_t bytes);

  std::vector<Block> blocks_;
  size_t block_ = 0;  // the block that is being filled
  size_t used_ = 0;   // bytes used of it
};

}  // namespace pleat
