#include "cli/device_flags.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/cpu.h"
#include "base/error.h"
#include "base/memory.h"
#include "cuda/backend.h"
#include "ops/cpu_backend.h"

namespace pleat::cli {
namespace {

constexpr int64_t kSpared = int64_t{256} << 20;  // of the free memory, for what the driver takes later

// The number in "cuda:N"; -1 where the text has another form.
int card_number(const std::string& device) {
  const std::string number = device.starts_with("cuda:") ? device.substr(5) : "";
  const bool digits = !number.empty() && number.size() < 4 &&
                      std::all_of(number.begin(), number.end(), [](char c) { return c >= '0' && c <= '9'; });
  return digits ? std::stoi(number) : -1;
}

std::string check_device(const std::string& device) {
  for (const char* known : {"auto", "cpu", "cuda", "cuda_emulated"})
    if (device == known) return "";
  if (card_number(device) >= 0) return "";
  return fmt::format("found '{}', choose auto, cpu, cuda, cuda:N or cuda_emulated", device);
}

// The number of the first GPU that can be used, or -1 and the reasons.
int first_usable(std::string& why_none) {
  const std::vector<cuda::Card> all = cuda::cards(why_none);
  for (const cuda::Card& card : all) {
    if (card.unusable.empty()) return card.number;
    why_none += fmt::format("{}cuda:{} ({}) can't be used: {}", why_none.empty() ? "" : "; ", card.number,
                            card.name, card.unusable);
  }
  return -1;
}

OpenDevice on_gpu(std::unique_ptr<cuda::Device> device, int64_t max_memory) {
  const int64_t free = device->free_memory() - kSpared;
  const int64_t limit = max_memory > 0 ? std::min(max_memory, free) : free;
  OpenDevice out;
  out.name = device->description();
  out.is_gpu = true;
  out.max_memory = limit;
  out.backend = std::make_unique<cuda::CudaBackend>(std::move(device), limit);
  return out;
}

}  // namespace

void DeviceFlags::declare(CommandLine& line) {
  line.value(
          "device", device,
          "Where the network runs: cpu, cuda (the first usable GPU), cuda:N, auto (a GPU if one is usable, "
          "else the CPU); cuda_emulated runs a GPU's kernels on the CPU, slowly, for tests")
      ->check(CLI::Validator([](std::string& text) { return check_device(text); }, "DEVICE"));
  line.value("max_device_memory", max_device_memory_, "Memory of the GPU that may be used, as 16G")
      ->default_str("all that is free")
      ->each([this](const std::string& text) {
        try {
          max_device_memory = parse_size(text);
        } catch (const Error& error) {
          throw CLI::ValidationError(error.what());
        }
      });
}

std::unique_ptr<cuda::Device> open_gpu(const std::string& device, ThreadPool& pool) {
  if (const std::string problem = check_device(device); !problem.empty()) throw Error("", problem);
  if (device == "cuda_emulated") return cuda::emulated_device(pool);
  std::string why_none;
  const int number = device == "cuda" ? first_usable(why_none) : card_number(device);
  if (number < 0)
    throw Error("--device " + device, "there is no usable GPU: " + why_none, "Run on --device cpu.");
  return cuda::card_device(number);
}

OpenDevice open_device(const DeviceFlags& flags, ThreadPool& pool) {
  std::string why_none;
  const bool on_cpu = flags.device == "cpu" || (flags.device == "auto" && first_usable(why_none) < 0);
  if (!on_cpu)
    return on_gpu(open_gpu(flags.device == "auto" ? "cuda" : flags.device, pool), flags.max_device_memory);
  OpenDevice out;
  out.name = name(active_isa());
  out.backend = std::make_unique<ops::CpuBackend>(pool);
  return out;
}

}  // namespace pleat::cli
