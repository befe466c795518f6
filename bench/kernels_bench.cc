// Speed of the kernels on the network's shapes, for every instruction set of this machine. FLOP/s are of one
// core.
#include <benchmark/benchmark.h>

#include <random>

#include "kernels/attention.h"
#include "kernels/elementwise.h"
#include "kernels/gemm.h"
#include "kernels/isa.h"

namespace pleat {
namespace {

Tensor<float> random_matrix(int64_t rows, int64_t cols) {
  std::mt19937 generator(1);
  std::normal_distribution<float> normal;
  Tensor<float> out({rows, cols});
  for (float& x : out.values()) x = normal(generator);
  return out;
}

void report(benchmark::State& state, double flop_per_iteration) {
  state.counters["FLOP/s"] = benchmark::Counter(
      flop_per_iteration, benchmark::Counter::kIsIterationInvariantRate, benchmark::Counter::kIs1000);
}

// Rows of a task, inner and outer dimension.
void bench_gemm(benchmark::State& state, Isa isa, Arithmetic arithmetic) {
  use_isa(isa);
  const int64_t m = state.range(0), k = state.range(1), n = state.range(2);
  const auto a = random_matrix(m, k), b = random_matrix(k, n);
  const PackedMatrix packed(matrix(b), arithmetic);
  Tensor<float> c({m, n});
  for (auto _ : state) {
    gemm(matrix(a), packed, matrix(c));
    benchmark::DoNotOptimize(c.data());
  }
  report(state, 2.0 * static_cast<double>(m * k * n));
}

void bench_gated_gemm(benchmark::State& state, Isa isa, Arithmetic arithmetic) {
  use_isa(isa);
  const int64_t m = state.range(0), k = state.range(1), n = state.range(2);
  const auto a = random_matrix(m, k), b = random_matrix(k, n);
  const PackedMatrix packed(matrix(b), arithmetic);
  Tensor<float> c({m, n});
  for (auto _ : state) {
    gated_gemm(Activation::swish, matrix(a), packed, matrix(a), packed, matrix(c));
    benchmark::DoNotOptimize(c.data());
  }
  report(state, 4.0 * static_cast<double>(m * k * n));
}

// Queries = keys, head dimension.
void bench_attention(benchmark::State& state, Isa isa, Arithmetic arithmetic) {
  use_isa(isa);
  const int64_t n = state.range(0), d = state.range(1);
  const auto q = random_matrix(n, d), bias = random_matrix(n, n);
  const PackedMatrix keys_t(q.data(), d, n, 1, d, arithmetic), values(matrix(q), arithmetic);
  Tensor<float> out({n, d}), logits({48, n});
  for (auto _ : state) {
    attention(matrix(q), keys_t, values, 0.2f, matrix(bias), matrix(out), logits.data());
    benchmark::DoNotOptimize(out.data());
  }
  report(state, 4.0 * static_cast<double>(n * n * d));
}

void bench_layer_norm(benchmark::State& state, Isa isa) {
  use_isa(isa);
  const auto x = random_matrix(96, state.range(0));
  Tensor<float> y(x.shape());
  for (auto _ : state) {
    layer_norm(matrix(x), nullptr, nullptr, Variance::fast, matrix(y));
    benchmark::DoNotOptimize(y.data());
  }
  state.SetItemsProcessed(state.iterations() * x.size());
}

void register_products(Isa isa, Arithmetic arithmetic) {
  const auto named = [&](const char* kernel) {
    return std::string(kernel) + "/" + name(isa) +
           (arithmetic == Arithmetic::bfloat16 ? "/bfloat16" : "/float32");
  };
  auto* gemms = benchmark::RegisterBenchmark(named("gemm").c_str(), bench_gemm, isa, arithmetic);
  for (const auto& [k, n] :
       {std::pair{128, 128}, {128, 384}, {128, 1024}, {384, 1536}, {768, 768}, {768, 3072}, {1536, 768}})
    gemms->Args({96, k, n});
  benchmark::RegisterBenchmark(named("gated_gemm").c_str(), bench_gated_gemm, isa, arithmetic)
      ->Args({96, 128, 512})
      ->Args({96, 768, 1536});
  benchmark::RegisterBenchmark(named("attention").c_str(), bench_attention, isa, arithmetic)
      ->Args({76, 32})
      ->Args({76, 48})
      ->Args({512, 32});
}

const bool registered = [] {
  for (Isa isa : kernel_isas()) {
    if (emulated(isa)) continue;
    for (Arithmetic arithmetic : {Arithmetic::float32, Arithmetic::bfloat16})
      register_products(isa, arithmetic);
    benchmark::RegisterBenchmark(("layer_norm/" + name(isa)).c_str(), bench_layer_norm, isa)
        ->Arg(128)
        ->Arg(768);
  }
  return true;
}();

}  // namespace
}  // namespace pleat
