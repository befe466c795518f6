// Every operation of the GPU's backend, emulated, against its equation in float64 and against the CPU's: in float32
// as near as float32 is, in the other arithmetics no farther from the equation than the plain computation in them.
#include "cuda/backend.h"

#include <gtest/gtest.h>

#include <cstring>

#include "ops/cpu_backend.h"
#include "tests/cuda/exact_backend.h"
#include "tests/cuda/operations.h"

namespace pleat::cuda {
namespace {

using test::ExactBackend;
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
  EXPECT_EQ(x.size(), exact.size());
  for (int64_t k = 0; k < exact.size(); ++k) {
    sum += std::pow(static_cast<double>(exact[k]), 2);
    error += std::pow(static_cast<double>(x[k]) - exact[k], 2);
  }
  return std::sqrt(error / std::max(sum, 1e-30));
}

// How much larger than the plain computation's an error of so many elements may be: both round, but not the same
// numbers, so that the errors of few elements scatter. And the error that is nothing, the sums being float32.
double allowance(int64_t elements) { return 1.1 + 5 / std::sqrt(static_cast<double>(elements)); }
constexpr double kNothing = 1e-6;

constexpr int64_t kTokens[] = {1, 7, 33, 65, 130};

class Operations : public testing::TestWithParam<Operation> {
 protected:
  ThreadPool pool{2};
  ops::CpuBackend cpu{pool};

  std::vector<Tensor<float>> emulated(Arithmetic arithmetic, int64_t n, Pieces pieces = {}) {
    CudaBackend gpu(test::tested_device(pool), INT64_MAX, pieces);
    return results(gpu, arithmetic, GetParam(), n);
  }

  // The error is at most that of the plain computation: the equation with the operands of all products rounded.
  void expect_plain_error(Arithmetic arithmetic) {
    ExactBackend equations, rounded(arithmetic);
    for (const int64_t n : kTokens) {
      const auto exact = results(equations, arithmetic, GetParam(), n),
                 plain = results(rounded, arithmetic, GetParam(), n), ours = emulated(arithmetic, n);
      ASSERT_EQ(ours.size(), exact.size());
      for (size_t i = 0; i < ours.size(); ++i)
        EXPECT_LE(rms_error_of(ours[i], exact[i]),
                  allowance(ours[i].size()) * rms_error_of(plain[i], exact[i]) + kNothing)
            << "result " << i << " at " << n;
    }
  }
};
INSTANTIATE_TEST_SUITE_P(, Operations, testing::ValuesIn(test::operations()),
                         [](const auto& info) { return info.param.name; });

TEST_P(Operations, Float32) {
  constexpr double kTolerance = 2e-5;
  ExactBackend equations;
  for (const int64_t n : kTokens) {
    const auto exact = results(equations, Arithmetic::float32, GetParam(), n),
               on_cpu = results(cpu, Arithmetic::float32, GetParam(), n),
               ours = emulated(Arithmetic::float32, n);
    ASSERT_EQ(ours.size(), exact.size());
    for (size_t i = 0; i < ours.size(); ++i) {
      EXPECT_LE(error_of(ours[i], exact[i]), kTolerance) << "result " << i << " at " << n;
      EXPECT_LE(error_of(ours[i], on_cpu[i]), kTolerance) << "result " << i << " at " << n;
    }
  }
}

TEST_P(Operations, Split) { expect_plain_error(Arithmetic::split); }
TEST_P(Operations, Tf32) { expect_plain_error(Arithmetic::tf32); }
TEST_P(Operations, Bfloat16) { expect_plain_error(Arithmetic::bfloat16); }

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

// Work is called to run, and to be recorded; then the device repeats it, with the numbers that changed.
TEST(Replay, GivesWhatTheCallsGive) {
  ThreadPool pool(2);
  const auto [sums, calls] = test::replayed_results(test::tested_device(pool));
  const auto [called, all_calls] = test::replayed_results(test::tested_device(pool), false);
  EXPECT_EQ(calls, 2);
  EXPECT_EQ(all_calls, test::kReplays);
  EXPECT_EQ(sums, called);
}

}  // namespace
}  // namespace pleat::cuda
