// --device, which chooses where the network runs.
#pragma once

#include <memory>
#include <span>
#include <string>

#include "base/thread_pool.h"
#include "cli/command_line.h"
#include "cuda/device.h"
#include "ops/backend.h"

namespace pleat::cli {

struct DeviceFlags {
  std::string device = "cpu";
  int64_t max_device_memory = 0;  // bytes; 0: all free memory

  void declare(CommandLine& line);
  // Whether it is the emulation, whose speed means nothing.
  bool emulated() const { return device == "cuda_emulated"; }
};

// The first usable card, the choice of --device auto and cuda; nullptr when there is none.
const cuda::Card* first_usable(std::span<const cuda::Card> cards);

// The GPU that --device names; `device` is neither auto nor cpu. Throws Error when there is no such GPU or it
// is unusable.
std::unique_ptr<cuda::Device> open_gpu(const std::string& device, ThreadPool& pool);

// The device that --device chose.
struct OpenDevice {
  std::unique_ptr<ops::Backend> backend;
  std::string name;        // for the log
  bool is_gpu = false;     // or its emulation
  int64_t max_memory = 0;  // usable bytes of a GPU's memory
};

// Throws Error when there is no such GPU or it is unusable. `pool` must outlive the backend. A GPU's arrays may take
// half of max_host_memory, if they do not fit into the GPU's.
OpenDevice open_device(const DeviceFlags& flags, ThreadPool& pool, int64_t max_host_memory);

}  // namespace pleat::cli
