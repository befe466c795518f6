// Every operation of the GPU's backend, emulated, against the CPU's: in float32 as near as float32 is, in the
// other arithmetics no farther from float32 than the plain computation in them.
#include "cuda/backend.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <cstring>

#include "ops/cpu_backend.h"
#include "tests/cuda/operations.h"

namespace pleat::cuda {
namespace {

using test::Operands;
using test::Operation;

std::vector<Tensor<float>> results(ops::Backend& ops, Arithmetic arithmetic, const Operation& operation,
                                   int64_t n) {
  Operands operands(ops, arithmetic);
  std::vector<Tensor<float>> out;
  for (const Array& a : operation.run(operands, n)) {
    out.emplace_back(Shape{a.rows(), a.cols()});
    ops.download(a, out.back());
  }
  return out;
}

// Largest difference, in units of the largest element.
double error_of(const Tensor<float>& x, const Tensor<float>& exact) {
  double largest = 1e-30, error = 0;
  EXPECT_EQ(x.size(), exact.size());
  for (int64_t k = 0; k < exact.size(); ++k) {
    largest = std::max(largest, std::abs(static_cast<double>(exact[k])));
    error = std::max(error, std::isfinite(x[k]) ? std::abs(static_cast<double>(x[k]) - exact[k]) : INFINITY);
  }
  return error / largest;
}

double rms_error_of(const Tensor<float>& x, const Tensor<float>& exact) {
  double sum = 0, error = 0;
  for (int64_t k = 0; k < exact.size(); ++k) {
    sum += std::pow(static_cast<double>(exact[k]), 2);
    error += std::pow(static_cast<double>(x[k]) - exact[k], 2);
  }
  return std::sqrt(error / std::max(sum, 1e-30));
}

class Operations : public testing::TestWithParam<Operation> {
 protected:
  ThreadPool pool{2};
  ops::CpuBackend cpu{pool};

  // PLEAT_TEST_DEVICE, as cuda:0, names a GPU that runs them instead.
  std::vector<Tensor<float>> emulated(Arithmetic arithmetic, int64_t n, Pieces pieces = {}) {
    const char* named = std::getenv("PLEAT_TEST_DEVICE");
    const std::string device = named ? named : "cuda_emulated";
    CudaBackend gpu(
        device.starts_with("cuda:") ? card_device(std::stoi(device.substr(5))) : emulated_device(pool),
        INT64_MAX, pieces);
    return results(gpu, arithmetic, GetParam(), n);
  }
};
INSTANTIATE_TEST_SUITE_P(, Operations, testing::ValuesIn(test::operations()),
                         [](const auto& info) { return info.param.name; });

constexpr int64_t kTokens[] = {1, 7, 33, 65, 130};

TEST_P(Operations, Float32) {
  constexpr double kTolerance = 2e-5;
  for (const int64_t n : kTokens) {
    const auto exact = results(cpu, Arithmetic::float32, GetParam(), n),
               ours = emulated(Arithmetic::float32, n);
    ASSERT_EQ(ours.size(), exact.size());
    for (size_t i = 0; i < ours.size(); ++i)
      EXPECT_LE(error_of(ours[i], exact[i]), kTolerance) << "result " << i << " at " << n;
  }
}

TEST_P(Operations, Split) {
  constexpr double kTolerance = 2e-4;  // 16 bits
  for (const int64_t n : {7, 65}) {
    const auto exact = results(cpu, Arithmetic::float32, GetParam(), n),
               ours = emulated(Arithmetic::split, n);
    for (size_t i = 0; i < ours.size(); ++i)
      EXPECT_LE(error_of(ours[i], exact[i]), kTolerance) << "result " << i << " at " << n;
  }
}

TEST_P(Operations, Bfloat16) {
  constexpr double kAsGood = 1.15, kNothing = 1e-5;
  for (const int64_t n : {33, 130}) {
    const auto exact = results(cpu, Arithmetic::float32, GetParam(), n);
    const auto plain = results(cpu, Arithmetic::bfloat16, GetParam(), n);
    const auto ours = emulated(Arithmetic::bfloat16, n);
    for (size_t i = 0; i < ours.size(); ++i)
      EXPECT_LE(rms_error_of(ours[i], exact[i]), kAsGood * rms_error_of(plain[i], exact[i]) + kNothing)
          << "result " << i << " at " << n;
  }
}

// Neither the order of threads and blocks nor the size of the pieces shows in a bit.
TEST_P(Operations, SameBitsInPieces) {
  constexpr int64_t kSmall = 20'000;
  for (const Arithmetic arithmetic : {Arithmetic::float32, Arithmetic::bfloat16}) {
    const auto whole = emulated(arithmetic, 65), pieces = emulated(arithmetic, 65, {kSmall, kSmall});
    for (size_t i = 0; i < whole.size(); ++i)
      EXPECT_EQ(std::memcmp(whole[i].data(), pieces[i].data(), whole[i].values().size_bytes()), 0)
          << "result " << i;
  }
}

}  // namespace
}  // namespace pleat::cuda
