#include "cuda/rates.h"

#include <algorithm>
#include <bit>
#include <vector>

#include "base/stopwatch.h"
#include "cuda/rate_kernels.h"

namespace pleat::cuda {
namespace {

constexpr int64_t kWarpsOfBlock = kRateThreads / kWarp;

// Memory of the device for as long as this lives.
class Buffer {
 public:
  Buffer(Device& device, int64_t bytes) : device_(device), bytes_(device.allocate(bytes)) {}
  ~Buffer() { device_.release(bytes_); }
  Buffer(const Buffer&) = delete;
  Buffer& operator=(const Buffer&) = delete;
  std::byte* get() const { return bytes_; }
  uint32_t* words() const { return reinterpret_cast<uint32_t*>(bytes_); }

 private:
  Device& device_;
  std::byte* bytes_;
};

// Units per second of launches that do `units` a round; launch(rounds) starts one.
template <class Launch>
double fastest(Device& device, const RateEffort& effort, double units, Launch&& launch) {
  const auto seconds_of = [&](int64_t rounds) {
    const Stopwatch watch;
    launch(rounds);
    device.wait();
    return std::max(watch.seconds(), 1e-9);
  };
  // Doubles the rounds until a launch takes long enough to measure.
  int64_t rounds = 1;
  double seconds = seconds_of(rounds);
  while (seconds < effort.seconds) seconds = seconds_of(rounds *= 2);
  for (int i = 0; i < effort.tries; ++i) seconds = std::min(seconds, seconds_of(rounds));
  return units * static_cast<double>(rounds) / seconds;
}

double rate_of(Device& device, const RateEffort& effort, const Kernel& kernel, double units_of_block,
               const Buffer& in, const Buffer& out) {
  return fastest(device, effort, units_of_block * static_cast<double>(effort.blocks), [&](int64_t rounds) {
    const RateArguments p{in.words(), out.words(), rounds};
    device.launch(kernel, {effort.blocks, 1, 1}, &p);
  });
}

// A copy of the buffer is a round: it must not stay in a cache.
double copy_rate(Device& device, const RateEffort& effort) {
  const Buffer from(device, effort.copied_bytes), to(device, effort.copied_bytes);
  device.zero(from.get(), effort.copied_bytes);
  CopyRateArguments p{from.words(), to.words(), 0, effort.blocks};
  p.rounds = effort.copied_bytes / (kCopiedBytes * kRateThreads * effort.blocks);
  const auto bytes = static_cast<double>(2 * p.rounds * kCopiedBytes * kRateThreads * effort.blocks);
  return fastest(device, effort, bytes, [&](int64_t rounds) {
    for (int64_t i = 0; i < rounds; ++i) device.launch(rate_copies_kernel(), {effort.blocks, 1, 1}, &p);
  });
}

}  // namespace

double Rates::operations(Arithmetic arithmetic) const {
  constexpr double kSplitProducts = 3;
  switch (arithmetic) {
    case Arithmetic::split:
      return bf16_operations / kSplitProducts;
    case Arithmetic::bfloat16:
      return bf16_operations;
    case Arithmetic::tf32:
      return tf32_operations;
    case Arithmetic::float32:
      break;
  }
  return float32_operations;
}

RateEffort least_effort() { return {0, 1, int64_t{1} << 16, 2}; }

Rates measure_rates(Device& device, const RateEffort& effort) {
  // 1 as float32, and nearly 1 as two bfloat16: sums of products neither overflow nor vanish.
  const std::vector<uint32_t> ones(static_cast<size_t>(kRateThreads * kRateWords),
                                   std::bit_cast<uint32_t>(1.0f));
  const auto bytes = static_cast<int64_t>(ones.size() * sizeof(uint32_t));
  const Buffer in(device, bytes),
      out(device, effort.blocks * kRateThreads * static_cast<int64_t>(sizeof(uint32_t)));
  device.upload(ones.data(), in.get(), bytes);
  constexpr double kTileOperations = 2.0 * 16 * 8 * kRateTilesM * kRateTilesN * kWarpsOfBlock;
  constexpr double kChains = static_cast<double>(kRateThreads) * kRateChains;
  Rates rates;
  rates.bf16_operations = rate_of(device, effort, rate_bf16_products_kernel(), 16 * kTileOperations, in, out);
  rates.tf32_operations = rate_of(device, effort, rate_tf32_products_kernel(), 8 * kTileOperations, in, out);
  rates.float32_operations = rate_of(device, effort, rate_float32_products_kernel(), 2 * kChains, in, out);
  rates.exponentials = rate_of(device, effort, rate_exponentials_kernel(), kChains, in, out);
  rates.bytes = copy_rate(device, effort);
  return rates;
}

}  // namespace pleat::cuda
