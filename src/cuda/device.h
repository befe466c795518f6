// A device that runs kernels: a card behind NVIDIA's driver, or its emulation on the host. Calls are carried
// out in their order; only download and wait wait for them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/thread_pool.h"
#include "cuda/kernels.h"

namespace pleat::cuda {

class Device {
 public:
  virtual ~Device() = default;

  // For the log and for errors, as "cuda:0 (NVIDIA H100 80GB HBM3, compute capability 9.0, 79.2 GiB)".
  virtual std::string description() const = 0;
  // Bytes that are free now.
  virtual int64_t free_memory() const = 0;

  // Memory of its own, aligned to 256 bytes. Throws Error with the numbers when there is not enough.
  virtual std::byte* allocate(int64_t bytes) = 0;
  virtual void release(std::byte* memory) = 0;

  // One range of addresses, aligned to 256 bytes, as large as the device's memory, for temporaries: its first
  // `bytes` hold memory from now on. Throws as allocate does.
  virtual std::byte* range() = 0;
  virtual void resize_range(int64_t bytes) = 0;
  // Bytes of the range that a temporary takes from now on, and that it gives back: an emulation has them
  // checked.
  virtual void mark_taken(std::byte*, int64_t) {}
  virtual void mark_free(std::byte*, int64_t) {}

  virtual void zero(std::byte* memory, int64_t bytes) = 0;
  virtual void upload(const void* from, std::byte* to, int64_t bytes) = 0;
  virtual void download(const std::byte* from, void* to, int64_t bytes) = 0;
  virtual void launch(const Kernel& kernel, Grid grid, const void* arguments) = 0;
  virtual void wait() = 0;
};

// Blocks run on the threads of `pool`, in an order that differs from launch to launch.
std::unique_ptr<Device> emulated_device(ThreadPool& pool);

// A card as the driver describes it.
struct Card {
  int number = 0;
  std::string name;
  int major = 0, minor = 0;  // compute capability
  int64_t memory = 0, free_memory = 0;
  std::string unusable;  // why pleat can't use it; empty where it can
};

// The cards of this machine in the driver's order. `why_none` tells why there are none.
std::vector<Card> cards(std::string& why_none);

// Throws Error where there is no such card, or none that can be used.
std::unique_ptr<Device> card_device(int number);

}  // namespace pleat::cuda
