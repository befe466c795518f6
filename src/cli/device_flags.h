// --device: where the network runs.
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
  int64_t max_device_memory = 0;  // bytes; 0: all that is free

  void declare(CommandLine& line);
};

// The first of the cards that can be used, which --device auto and cuda take; nullptr where there is none.
const cuda::Card* first_usable(std::span<const cuda::Card> cards);

// The GPU that a value of --device other than auto and cpu names. Throws Error where there is no such GPU or
// where it can't be used.
std::unique_ptr<cuda::Device> open_gpu(const std::string& device, ThreadPool& pool);

// What --device has chosen.
struct OpenDevice {
  std::unique_ptr<ops::Backend> backend;
  std::string name;        // for the log
  bool is_gpu = false;     // or its emulation
  int64_t max_memory = 0;  // bytes of the device that may be used, where it is a GPU
};

// Throws Error where there is no such GPU or where it can't be used. `pool` must outlive the backend.
OpenDevice open_device(const DeviceFlags& flags, ThreadPool& pool);

}  // namespace pleat::cli
