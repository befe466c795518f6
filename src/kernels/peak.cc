#include "kernels/peak.h"

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <ctime>
#include <functional>

#include "kernels/isa.h"
#include "tensor/tensor.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/peak.cc"
#include "hwy/foreach_target.h"
// After foreach_target.
#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace pleat::kernels::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;
using D = hn::ScalableTag<float>;
using V = hn::Vec<D>;

// x = x * factor + term on independent registers, more than a processor has multiply-adds in flight. Returns
// the number of operations; `sink` keeps the results alive.
double MultiplyAdds(int64_t rounds, float factor, float term, float* sink) {
  constexpr int kRegisters = 12;
  const D d;
  const V f = hn::Set(d, factor), t = hn::Set(d, term);
  V x[kRegisters];
#pragma GCC unroll 16
  for (int r = 0; r < kRegisters; ++r) x[r] = hn::Set(d, static_cast<float>(r));
  for (int64_t i = 0; i < rounds; ++i)
#pragma GCC unroll 16
    for (int r = 0; r < kRegisters; ++r) x[r] = hn::MulAdd(x[r], f, t);
  V sum = hn::Zero(d);
#pragma GCC unroll 16
  for (int r = 0; r < kRegisters; ++r) sum = hn::Add(sum, x[r]);
  *sink = hn::GetLane(sum);
  return 2.0 * static_cast<double>(rounds) * kRegisters * static_cast<double>(hn::Lanes(d));
}

}  // namespace pleat::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace pleat::kernels {

HWY_EXPORT(MultiplyAdds);

namespace {

double thread_seconds() {
  timespec time;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
}

// The fastest of many runs of body(rounds) -> operations on all threads at once, by the threads' processor
// time. Disturbances only slow a run down; short runs, as short as a kernel's, fit between them.
double fastest(ThreadPool& pool, const std::function<double(int64_t rounds)>& body) {
  constexpr double kSeconds = 0.002;
  constexpr int kRuns = 60;
  constexpr int64_t kMostRounds = int64_t{1} << 40;
  double best = 0;
  int64_t rounds = 1;
  for (int run = 0; run < kRuns;) {
    std::atomic<double> rate{0}, seconds{0};
    pool.run(pool.size(), [&](int64_t, int) {
      const double start = thread_seconds(), operations = body(rounds), used = thread_seconds() - start;
      if (used > 0) rate += operations / used;
      seconds += used;
    });
    if (seconds < kSeconds * pool.size() && rounds < kMostRounds) {
      rounds *= 2;
      continue;
    }
    best = std::max(best, rate.load());
    ++run;
  }
  return best;
}

}  // namespace

double bfloat16_peak(const Bf16x2Unit& unit, ThreadPool& pool) {
  constexpr int64_t kRows = 32, kPairs = 128;  // 16 KiB of each operand
  const Tensor<uint32_t> a({kRows * kPairs}), b({kPairs * kBf16x2Columns});
  const Bf16x2Product::Term term{a.data(), b.data()};
  return fastest(pool, [&](int64_t rounds) {
    float c[kRows * kBf16x2Columns];
    const Bf16x2Product product{.terms = &term,
                                .num_terms = 1,
                                .pairs = kPairs,
                                .a_rows = {kPairs, kBf16x2Step, 16 * kPairs},
                                .b_step = kBf16x2Step * kBf16x2Columns,
                                .rows = kRows,
                                .cols = kBf16x2Columns,
                                .c = c,
                                .c_stride = kBf16x2Columns,
                                .accumulate = false,
                                .ahead = {}};
    unit.begin();
    for (int64_t i = 0; i < rounds; ++i) unit.multiply(product);
    unit.end();
    return static_cast<double>(rounds) * 2 * kRows * (2 * kPairs) * kBf16x2Columns;
  });
}

double bfloat16_peak(ThreadPool& pool) {
  const Isa isa = kernel_isa();
  if (!multiplies_bf16(isa) || emulated(isa)) return 0;
  return bfloat16_peak(isa == Isa::amx ? amx_unit() : avx512_bf16_unit(), pool);
}

double float32_peak(ThreadPool& pool) {
  return fastest(pool, [](int64_t rounds) {
    volatile float factor = 0.5f, term = 1.0f;  // unknown to the compiler
    float sink;
    const double operations = HWY_DYNAMIC_DISPATCH(MultiplyAdds)(rounds, factor, term, &sink);
    volatile float kept = sink;
    static_cast<void>(kept);
    return operations;
  });
}

}  // namespace pleat::kernels
#endif
