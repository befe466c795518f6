#include "cli/device_flags.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/cpu.h"
#include "base/error.h"
#include "base/memory.h"
#include "base/text.h"
#include "cuda/backend.h"
#include "ops/cpu_backend.h"

namespace pleat::cli {
namespace {

constexpr int64_t kSpared = int64_t{256} << 20;  // of the free memory, for the driver's later needs

// The number in "cuda:N"; -1 for other text.
int card_number(const std::string& device) {
  const std::string number = device.starts_with("cuda:") ? device.substr(5) : "";
  const bool digits =
      !number.empty() && number.size() < 4 && std::all_of(number.begin(), number.end(), is_digit);
  return digits ? std::stoi(number) : -1;
}

std::string check_device(const std::string& device) {
  for (const char* known : {"auto", "cpu", "cuda", "cuda_emulated"})
    if (device == known) return "";
  if (card_number(device) >= 0) return "";
  return fmt::format("found '{}'; choose auto, cpu, cuda, cuda:N or cuda_emulated", device);
}

// nullptr and the reasons when no GPU is usable.
std::unique_ptr<cuda::Device> open_first_usable(std::string& why_none) {
  const std::vector<cuda::Card> all = cuda::cards(why_none);
  if (const cuda::Card* card = first_usable(all)) return cuda::card_device(card->number);
  for (const cuda::Card& card : all)
    why_none += fmt::format("{}cuda:{} ({}) can't be used: {}", why_none.empty() ? "" : "; ", card.number,
                            card.name, card.unusable);
  return nullptr;
}

OpenDevice on_gpu(std::unique_ptr<cuda::Device> device, int64_t max_memory, int64_t host_memory) {
  const int64_t free = device->free_memory() - kSpared;
  const int64_t limit = max_memory > 0 ? std::min(max_memory, free) : free;
  OpenDevice out;
  out.name = device->description();
  out.is_gpu = true;
  out.max_memory = limit;
  out.backend = std::make_unique<cuda::CudaBackend>(std::move(device), limit, cuda::Pieces(), host_memory);
  return out;
}

}  // namespace

void DeviceFlags::declare(CommandLine& line) {
  line.value(
          "device", device,
          "Where the network runs: cpu, cuda (the first usable GPU), cuda:N, auto (a GPU if one is usable, "
          "else the CPU); cuda_emulated runs a GPU's kernels on the CPU, slowly, for tests")
      ->check(CLI::Validator([](std::string& text) { return check_device(text); }, "DEVICE"));
  line.size("max_device_memory", max_device_memory, "all free memory",
            "Memory of the GPU that may be used, in bytes or as 16G; a pair that does not fit is kept in "
            "pinned memory "
            "of the host, of which it may take half");
}

const cuda::Card* first_usable(std::span<const cuda::Card> cards) {
  const auto usable = [](const cuda::Card& card) { return card.unusable.empty(); };
  const auto found = std::find_if(cards.begin(), cards.end(), usable);
  return found == cards.end() ? nullptr : &*found;
}

std::unique_ptr<cuda::Device> open_gpu(const std::string& device, ThreadPool& pool) {
  if (const std::string problem = check_device(device); !problem.empty()) throw Error("", problem);
  if (device == "cuda_emulated") return cuda::emulated_device(pool);
  if (const int number = card_number(device); number >= 0) return cuda::card_device(number);
  std::string why_none;
  auto first = open_first_usable(why_none);
  if (!first) throw Error("--device " + device, "there is no usable GPU: " + why_none, "Use --device cpu.");
  return first;
}

OpenDevice open_device(const DeviceFlags& flags, ThreadPool& pool, int64_t max_host_memory) {
  constexpr int64_t kShare = 2;  // the other half is for results and everything else

  std::unique_ptr<cuda::Device> gpu;
  std::string why_none;
  if (flags.device == "auto")
    gpu = open_first_usable(why_none);
  else if (flags.device != "cpu")
    gpu = open_gpu(flags.device, pool);
  if (gpu) return on_gpu(std::move(gpu), flags.max_device_memory, max_host_memory / kShare);
  OpenDevice out;
  out.name = name(active_isa());
  out.backend = std::make_unique<ops::CpuBackend>(pool);
  return out;
}

}  // namespace pleat::cli
