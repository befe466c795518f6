// The kernels that measure what a device can do, emulated: that they do what is counted, and that the counts are used.
#include "cuda/rates.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numeric>
#include <vector>

#include "cuda/rate_kernels.h"

namespace pleat::cuda {
namespace {

TEST(Rates, AreMeasuredForEachArithmetic) {
  ThreadPool pool(2);
  const auto device = emulated_device(pool);
  const Rates rates = measure_rates(*device, least_effort());
  for (const double rate : {rates.bf16_operations, rates.tf32_operations, rates.float32_operations,
                            rates.bytes, rates.exponentials})
    EXPECT_TRUE(std::isfinite(rate) && rate > 0) << rate;
  EXPECT_EQ(rates.operations(Arithmetic::bfloat16), rates.bf16_operations);
  EXPECT_EQ(rates.operations(Arithmetic::split), rates.bf16_operations / 3);
  EXPECT_EQ(rates.operations(Arithmetic::tf32), rates.tf32_operations);
  EXPECT_EQ(rates.operations(Arithmetic::float32), rates.float32_operations);
}

// Words in a device's memory.
class Words {
 public:
  Words(Device& device, std::vector<uint32_t> values)
      : device_(device), count_(values.size()), at_(device.allocate(bytes())) {
    device.upload(values.data(), at_, bytes());
  }
  ~Words() { device_.release(at_); }
  uint32_t* get() const { return reinterpret_cast<uint32_t*>(at_); }
  std::vector<uint32_t> read() const {
    std::vector<uint32_t> out(count_);
    device_.download(at_, out.data(), bytes());
    return out;
  }

 private:
  int64_t bytes() const { return static_cast<int64_t>(count_ * sizeof(uint32_t)); }
  Device& device_;
  size_t count_;
  std::byte* at_;
};

TEST(Rates, ARoundCopiesOrMultipliesAllItSays) {
  ThreadPool pool(2);
  const auto device = emulated_device(pool);
  constexpr int64_t kBlocks = 3, kRounds = 4;
  std::vector<uint32_t> values(kBlocks * kRounds * kRateThreads * kCopiedBytes / sizeof(uint32_t));
  std::iota(values.begin(), values.end(), 1u);
  const Words in(*device, values), out(*device, std::vector<uint32_t>(values.size()));
  const CopyRateArguments copies{in.get(), out.get(), kRounds, kBlocks};
  device->launch(rate_copies_kernel(), {kBlocks, 1, 1}, &copies);
  EXPECT_EQ(out.read(), values);

  // A thread's sum of ones: 16 or 8 products a round for each of its sums.
  const Words ones(*device, std::vector<uint32_t>(kRateThreads * kRateWords, bits_of_float(1)));
  const RateArguments rounds{ones.get(), out.get(), kRounds};
  device->launch(rate_tf32_products_kernel(), {1, 1, 1}, &rounds);
  EXPECT_EQ(float_of_bits(out.read()[5]), 8.0f * kRounds * 4 * kRateTilesM * kRateTilesN);
  // x becomes x + 1.
  device->launch(rate_float32_products_kernel(), {1, 1, 1}, &rounds);
  EXPECT_EQ(float_of_bits(out.read()[7]), static_cast<float>(kRateChains * (1 + kRounds)));
}

}  // namespace
}  // namespace pleat::cuda
