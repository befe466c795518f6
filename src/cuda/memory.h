// Memory of the device's arrays and weights.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <vector>

#include "cuda/device.h"
#include "ops/array.h"

namespace pleat::cuda {

// Temporaries on one stack in the device's range, like ops::Stack on the host; the stack holds its deepest
// use. And separate pieces; keeps freed small ones for reuse at the same size, because freeing memory waits
// for the card.
class Memory {
 public:
  explicit Memory(Device& device) : device_(device) {}
  ~Memory();
  Memory(const Memory&) = delete;
  Memory& operator=(const Memory&) = delete;

  struct Piece {
    std::byte* bytes = nullptr;
    int64_t size = 0;
    size_t number = 0;  // of a temporary
  };
  Piece take(int64_t bytes);
  void give_back(const Piece& piece);
  Piece take_own(int64_t bytes);
  void give_back_own(const Piece& piece);
  // In the host's memory, pinned, where the device reaches it.
  Piece take_on_host(int64_t bytes);
  void give_back_on_host(const Piece& piece);

  // Returns unused memory to the device.
  void trim();
  // Bytes taken from the device, and the most bytes of temporaries at a time since the last trim.
  int64_t held() const { return own_ + range_; }
  int64_t high_water() const { return high_water_; }
  int64_t held_on_host() const { return on_host_; }
  // Bytes of temporaries now, and of the range that have memory.
  int64_t used() const { return used_; }
  int64_t range() const { return range_; }
  // The limit of bytes taken from the device; beyond it, take throws Error.
  void set_limit(int64_t limit) { limit_ = limit; }
  int64_t limit() const { return limit_; }

 private:
  struct Taken {
    int64_t below;
    bool gone;
  };
  void require(int64_t more) const;

  Device& device_;
  std::vector<Taken> taken_;
  int64_t used_ = 0, high_water_ = 0, range_ = 0, own_ = 0, on_host_ = 0, limit_ = INT64_MAX;
  std::map<int64_t, std::vector<std::byte*>> spare_;
};

// The elements of an array.
class DeviceElements : public ops::Held {
 public:
  enum class Kind : uint8_t { temporary, own, on_host };

  DeviceElements(Memory& memory, int64_t bytes, Kind kind)
      : memory_(memory), piece_(taken(memory, bytes, kind)), kind_(kind) {}
  ~DeviceElements() override {
    if (kind_ == Kind::temporary) memory_.give_back(piece_);
    if (kind_ == Kind::own) memory_.give_back_own(piece_);
    if (kind_ == Kind::on_host) memory_.give_back_on_host(piece_);
  }
  std::byte* bytes() const { return piece_.bytes; }

 private:
  static Memory::Piece taken(Memory& memory, int64_t bytes, Kind kind) {
    if (kind == Kind::temporary) return memory.take(bytes);
    return kind == Kind::own ? memory.take_own(bytes) : memory.take_on_host(bytes);
  }

  Memory& memory_;
  Memory::Piece piece_;
  Kind kind_;
};

// Weights as the right operand of products.
struct PackedWeights : ops::Held {
  PackedWeights(Memory& memory, int64_t bytes) : elements(memory, bytes, DeviceElements::Kind::own) {}
  DeviceElements elements;
};

}  // namespace pleat::cuda
