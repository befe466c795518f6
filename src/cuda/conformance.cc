#include "cuda/conformance.h"

#include <bit>
#include <cmath>
#include <functional>
#include <random>

#include "base/error.h"
#include "cuda/conformance_kernels.h"

namespace pleat::cuda {
namespace {

using Words = std::vector<uint32_t>;

Words run(Device& device, const Kernel& kernel, const Words& in, size_t out_words) {
  const auto bytes = [](size_t words) { return static_cast<int64_t>(words * sizeof(uint32_t)); };
  std::byte *from = device.allocate(bytes(in.size())), *to = device.allocate(bytes(out_words));
  device.upload(in.data(), from, bytes(in.size()));
  const ConformanceArguments arguments{reinterpret_cast<const uint32_t*>(from),
                                       reinterpret_cast<uint32_t*>(to)};
  device.launch(kernel, {1, 1, 1}, &arguments);
  Words out(out_words);
  device.download(to, out.data(), bytes(out_words));
  device.release(from);
  device.release(to);
  return out;
}

// The allowed difference of word i: 0 for equal bits.
using Allowed = std::function<double(size_t i, float ours)>;

double largest_difference(const Words& ours, const Words& emulated, const Allowed& allowed) {
  double largest = 0;
  for (size_t i = 0; i < ours.size(); ++i) {
    if (ours[i] == emulated[i]) continue;
    const auto a = std::bit_cast<float>(ours[i]), b = std::bit_cast<float>(emulated[i]);
    const double limit = allowed(i, b), difference = std::abs(static_cast<double>(a) - b);
    largest = std::max(largest, limit > 0 && std::isfinite(difference) ? difference / limit : INFINITY);
  }
  return largest;
}

class Operands {
 public:
  Words words(size_t count) {
    Words out(count);
    for (uint32_t& w : out) w = static_cast<uint32_t>(generator_());
    return out;
  }
  Words floats(size_t count, float size = 1) {
    Words out(count);
    for (uint32_t& w : out) w = std::bit_cast<uint32_t>(size * normal_(generator_));
    return out;
  }
  // Operands of conform_bf16_products: of every twelve words, eight are pairs of bfloat16 and the last four
  // float32.
  Words bf16_products(size_t threads) {
    Words out = floats(threads * kProductIn);
    for (size_t i = 0; i < out.size(); ++i)
      if (i % kProductIn < 8)
        out[i] = (out[i] & 0xffff0000u) | (std::bit_cast<uint32_t>(normal_(generator_)) >> 16);
    return out;
  }

 private:
  std::mt19937 generator_{7};
  std::normal_distribution<float> normal_;
};

}  // namespace

std::vector<Conformance> conformance_of(Device& device, Device& emulation) {
  constexpr size_t kThreads = kConformanceThreads;
  constexpr double kExp2 = 4e-7;       // of the result: ex2.approx misses 2^-22
  constexpr double kTensorSum = 1e-5;  // of 16 products and a sum near 1; the tensor cores choose the order
  const Allowed equal = [](size_t, float) { return 0.0; };
  Operands operands;
  std::vector<Conformance> out;
  const auto check = [&](const char* instruction, const Kernel& kernel, const Words& in, size_t out_words,
                         const Allowed& allowed) {
    out.push_back({instruction, largest_difference(run(device, kernel, in, out_words),
                                                   run(emulation, kernel, in, out_words), allowed)});
  };
  check("cvt to bf16 and tf32, ex2", conform_numbers_kernel(), operands.floats(kThreads, 20),
        kThreads * kNumberWords,
        [](size_t i, float ours) { return i % kNumberWords == 1 ? kExp2 * std::abs(ours) : 0.0; });
  check("shfl.sync sums and maxima", conform_reductions_kernel(), operands.floats(2 * kThreads),
        kThreads * kReductionWords, equal);
  check("cp.async", conform_copies_kernel(), operands.words(2 * kThreads * kCopyWords), kThreads * kCopyWords,
        equal);
  check("ldmatrix", conform_matrices_kernel(), operands.words(kThreads * kMatrixWords),
        kThreads * kMatrixWords, equal);
  check("mma.sync m16n8k16 bf16", conform_bf16_products_kernel(), operands.bf16_products(kThreads),
        kThreads * kProductOut, [](size_t, float) { return kTensorSum; });
  check("mma.sync m16n8k8 tf32", conform_tf32_products_kernel(), operands.floats(kThreads * kProductIn),
        kThreads * kProductOut, [](size_t, float) { return kTensorSum; });
  check("fused float32 products", conform_float32_products_kernel(),
        operands.floats(kFloatRows * kFloatStride), kThreads * kProductOut, equal);
  return out;
}

}  // namespace pleat::cuda
