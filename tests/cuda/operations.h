// Every operation of ops::Backend with made-up operands of N tokens, to be run on several backends.
#pragma once

#include <cmath>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "cuda/device.h"
#include "ops/backend.h"
#include "tests/kernels/reference.h"

namespace pleat::cuda::test {

using kernels::Arithmetic;
using ops::Array;
using ops::Linear;
using ops::Type;

// A backend, and operands on it: the same numbers on every backend.
class Operands {
 public:
  Operands(ops::Backend& ops, Arithmetic arithmetic) : ops(ops), arithmetic(arithmetic) {}

  Array array(int64_t rows, int64_t cols) { return ops.upload(random(rows, cols, 1)); }
  Array ints(int64_t rows, int64_t cols, int limit, int least = 0) {
    Tensor<int32_t> out({rows, cols});
    std::mt19937 generator(++seed_);
    for (int64_t k = 0; k < out.size(); ++k)
      out[k] = least + static_cast<int>(generator() % static_cast<unsigned>(limit - least));
    return ops.upload(out);
  }
  Linear linear(int64_t rows, int64_t cols) {
    return ops.pack(random(rows, cols, 1 / std::sqrt(static_cast<float>(rows))), arithmetic);
  }
  ops::GatedLinear gated(int64_t rows, int64_t cols) { return {linear(rows, cols), linear(rows, cols)}; }
  ops::LayerNorm norm(int64_t cols, ops::Variance variance = ops::Variance::fast) {
    return {array(1, cols), array(1, cols), variance};
  }
  // Elements of the pair's size, in the type that goes with the arithmetic.
  Array pair(int64_t n, int64_t channels) {
    Array out =
        ops.make(n * n, channels, arithmetic == Arithmetic::bfloat16 ? Type::bfloat16 : Type::float32);
    ops.copy(array(n * n, channels), out);
    return out;
  }

  ops::Backend& ops;
  Arithmetic arithmetic;

 private:
  Tensor<float> random(int64_t rows, int64_t cols, float size) {
    return kernels::test::random_matrix(rows, cols, ++seed_, size);
  }
  unsigned seed_ = 0;
};

// The GPU that PLEAT_TEST_DEVICE names, as cuda:0; without it, the emulation.
std::unique_ptr<Device> tested_device(ThreadPool& pool);

struct Operation {
  std::string name;
  std::function<std::vector<Array>(Operands& o, int64_t n)> run;
};
const std::vector<Operation>& operations();

// A sum that each of kReplays runs of replayed work adds to, from numbers that change between runs: the sums after
// each run, and how often the work was called. Without `recorded` the work is called each time.
constexpr int kReplays = 4;
struct Replayed {
  std::vector<float> sums;
  int calls = 0;
};
Replayed replayed_results(std::unique_ptr<Device> device, bool recorded = true);

}  // namespace pleat::cuda::test
