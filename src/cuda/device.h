// A device that runs kernels: a card with NVIDIA's driver, or its emulation on the host. The device executes
// calls in order; only download and wait block.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/thread_pool.h"
#include "cuda/kernels.h"

namespace pleat::cuda {

// Recorded launches and zeroings, for Device::launch. Must not outlive its device.
class Graph {
 public:
  virtual ~Graph() = default;
};

class Device {
 public:
  virtual ~Device() = default;

  // For the log and errors: "cuda:0 (NVIDIA H100 80GB HBM3, compute capability 9.0, 79.2 GiB)".
  virtual std::string description() const = 0;
  // Free bytes.
  virtual int64_t free_memory() const = 0;

  // New memory, aligned to 256 bytes. Throws Error with the numbers when there is too little.
  virtual std::byte* allocate(int64_t bytes) = 0;
  virtual void release(std::byte* memory) = 0;

  // The same in the host's memory, pinned, at an address that kernels can use too.
  virtual std::byte* allocate_on_host(int64_t bytes) = 0;
  virtual void release_on_host(std::byte* memory) = 0;

  // One address range for temporaries, aligned to 256 bytes and as large as the device's memory. resize_range
  // gives memory to its first `bytes`, and throws as allocate does.
  virtual std::byte* range() = 0;
  virtual void resize_range(int64_t bytes) = 0;
  // Tell an emulation which bytes of the range a temporary takes and frees, so that it can check accesses.
  virtual void mark_taken(std::byte*, int64_t) {}
  virtual void mark_free(std::byte*, int64_t) {}

  virtual void zero(std::byte* memory, int64_t bytes) = 0;
  virtual void upload(const void* from, std::byte* to, int64_t bytes) = 0;
  virtual void download(const std::byte* from, void* to, int64_t bytes) = 0;
  virtual void launch(const Kernel& kernel, Grid grid, const void* arguments) = 0;
  virtual void wait() = 0;

  // Between these two, launch and zero are recorded instead of executed; all other calls that touch memory are
  // errors. A launch of the graph repeats them in order, with the arguments that they had.
  virtual void begin_graph() = 0;
  virtual std::unique_ptr<Graph> end_graph() = 0;
  virtual void launch(const Graph& graph) = 0;
};

// Runs blocks on the threads of `pool`, in a different order for each launch.
std::unique_ptr<Device> emulated_device(ThreadPool& pool);

// The driver's description of a card.
struct Card {
  int number = 0;
  std::string name;
  int major = 0, minor = 0;  // compute capability
  int64_t memory = 0, free_memory = 0;
  std::string unusable;  // why pleat cannot use the card; empty if it can
};

// The cards of this machine in the driver's order. If there are none, `why_none` says why.
std::vector<Card> cards(std::string& why_none);

// Throws Error when there is no such card, or it is unusable.
std::unique_ptr<Device> card_device(int number);

}  // namespace pleat::cuda
