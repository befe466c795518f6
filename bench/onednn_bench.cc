// onednn_bench [THREADS]: products of the network's shapes by pleat and by oneDNN, in turn in one process, on
// the instruction set in use (PLEAT_ISA) and no better one for oneDNN. Either has its right side packed
// beforehand, as weights are. Whole products go to memory; for bfloat16 oneDNN gets their left side rounded
// too, which pleat does on the way. In blocks, as a layer would call it, oneDNN rounds and multiplies some
// rows after the others, and results stay in the thread's cache.
#include <fmt/format.h>
#include <omp.h>

#include <algorithm>
#include <cstdlib>
#include <functional>
#include <memory>
#include <oneapi/dnnl/dnnl.hpp>
#include <unordered_map>
#include <vector>

#include "bench/workloads.h"
#include "kernels/isa.h"
#include "ops/cpu_workers.h"

namespace {

using namespace pleat;
using kernels::Arithmetic;
using kernels::matrix;
using ops::Scratch;

constexpr int64_t kRows = 4096;

struct Product {
  int64_t depth, cols;
  bool of_trunk;  // whose products are of bfloat16 where the processor has them
};
constexpr Product kProducts[] = {{128, 128, true},   {128, 256, true},  {128, 512, true},  {128, 1024, true},
                                 {768, 3072, false}, {768, 768, false}, {1536, 768, false}};

// oneDNN's product of the same operands: its weights lie as its kernel likes them.
class OneDnnProduct {
 public:
  OneDnnProduct(Tensor<float>& a, Tensor<float>& b, Tensor<float>& c, Arithmetic arithmetic)
      : rounds_(arithmetic == Arithmetic::bfloat16) {
    using dnnl::memory;
    const auto type = rounds_ ? memory::data_type::bf16 : memory::data_type::f32;
    const auto plain = memory::format_tag::ab, any = memory::format_tag::any;
    const memory::dims as{a.dim(0), a.dim(1)}, bs{b.dim(0), b.dim(1)}, cs{c.dim(0), c.dim(1)};
    const dnnl::matmul::desc description(memory::desc(as, type, plain), memory::desc(bs, type, any),
                                         memory::desc(cs, memory::data_type::f32, plain));
    const dnnl::matmul::primitive_desc chosen(description, engine_);
    product_ = dnnl::matmul(chosen);
    kernel_ = chosen.impl_info_str();
    left_ = memory({as, memory::data_type::f32, plain}, engine_, a.data());
    const memory left = stored(a, as, memory::desc(as, type, plain));
    const memory right = stored(b, bs, chosen.weights_desc());
    const memory result(chosen.dst_desc(), engine_, c.data());
    arguments_ = {{DNNL_ARG_SRC, left}, {DNNL_ARG_WEIGHTS, right}, {DNNL_ARG_DST, result}};
  }

  // The product alone, or after the left side was brought into the kernel's type.
  void multiply() {
    product_.execute(stream_, arguments_);
    stream_.wait();
  }
  void convert_and_multiply() {
    dnnl::reorder(left_, arguments_.at(DNNL_ARG_SRC)).execute(stream_, left_, arguments_.at(DNNL_ARG_SRC));
    multiply();
  }
  const std::string& kernel() const { return kernel_; }

  // The product of as many other rows, rounded first where the kernel takes bfloat16.
  void multiply_rows(const float* rows) {
    (rounds_ ? left_ : arguments_.at(DNNL_ARG_SRC)).set_data_handle(const_cast<float*>(rows));
    rounds_ ? convert_and_multiply() : multiply();
  }

 private:
  dnnl::memory stored(Tensor<float>& x, const dnnl::memory::dims& shape, const dnnl::memory::desc& layout) {
    dnnl::memory from({shape, dnnl::memory::data_type::f32, dnnl::memory::format_tag::ab}, engine_, x.data());
    dnnl::memory to(layout, engine_);
    dnnl::reorder(from, to).execute(stream_, from, to);
    stream_.wait();
    return to;
  }

  bool rounds_;
  dnnl::engine engine_{dnnl::engine::kind::cpu, 0};
  dnnl::stream stream_{engine_};
  dnnl::matmul product_;
  dnnl::memory left_;
  std::string kernel_;
  std::unordered_map<int, dnnl::memory> arguments_;
};

dnnl::cpu_isa isa_of(Isa isa) {
  switch (isa) {
    case Isa::avx2:
      return dnnl::cpu_isa::avx2;
    case Isa::avx512:
      return dnnl::cpu_isa::avx512_core;
    case Isa::avx512_bf16:
      return dnnl::cpu_isa::avx512_core_bf16;
    default:
      return dnnl::cpu_isa::all;
  }
}

// oneDNN's products of blocks of rows, on all threads of a pool.
class OneDnnBlocks {
 public:
  static constexpr int64_t kBlock = 128;

  OneDnnBlocks(const ops::Workers& workers, Tensor<float>& a, Tensor<float>& b, Arithmetic arithmetic)
      : a_(a) {
    const auto make = [&] {
      Worker worker{Tensor<float>({kBlock, a.dim(1)}), Tensor<float>({kBlock, b.dim(1)}), {}};
      worker.product = std::make_unique<OneDnnProduct>(worker.rows, b, worker.result, arithmetic);
      return worker;
    };
    omp_set_num_threads(1);  // where a product is made, and in each thread that runs one
    for (int i = 0; i < workers.threads(); ++i) workers_.push_back(make());
    omp_set_num_threads(workers.threads());
  }

  void multiply(ThreadPool& pool) {
    pool.run(a_.dim(0) / kBlock, [&](int64_t block, int worker) {
      omp_set_num_threads(1);
      workers_[static_cast<size_t>(worker)].product->multiply_rows(&a_(block * kBlock));
    });
    omp_set_num_threads(pool.size());
  }

 private:
  struct Worker {
    Tensor<float> rows, result;
    std::unique_ptr<OneDnnProduct> product;
  };
  Tensor<float>& a_;
  std::vector<Worker> workers_;
};

void compare(ThreadPool& pool, const Product& product) {
  const ops::Workers workers(pool);
  const bool rounds = product.of_trunk && multiplies_bf16(kernels::kernel_isa());
  const Arithmetic arithmetic = rounds             ? Arithmetic::bfloat16
                                : product.of_trunk ? Arithmetic::float32
                                                   : Arithmetic::split;
  Tensor<float> a = bench::random_tensor({kRows, product.depth}),
                b = bench::random_tensor({product.depth, product.cols});
  Tensor<float> ours({kRows, product.cols}), theirs({kRows, product.cols});
  const kernels::PackedMatrix packed(matrix(std::as_const(b)), arithmetic);
  const auto pleat = [&] {
    workers.for_blocks(kRows, [&](int64_t first, int64_t count, Scratch) {
      gemm(matrix(std::as_const(a)).rows_at(first, count), packed, matrix(ours).rows_at(first, count));
    });
  };
  const auto pleat_blocks = [&] {
    workers.for_blocks(kRows, [&](int64_t first, int64_t count, Scratch scratch) {
      gemm(matrix(std::as_const(a)).rows_at(first, count), packed, scratch.take(count, product.cols));
    });
  };
  OneDnnProduct one_dnn(a, b, theirs, arithmetic);
  OneDnnBlocks one_dnn_blocks(workers, a, b, arithmetic);
  // In turn, and for long enough that one's threads have gone to sleep before the other's are timed.
  constexpr int kTurns = 5;
  constexpr double kSeconds = 0.15;
  double pleat_seconds = 1e9, product_seconds = 1e9, rounding_seconds = 1e9;
  double pleat_blocks_seconds = 1e9, product_blocks_seconds = 1e9;
  const auto time = [&](double& least, const std::function<void()>& work) {
    least = std::min(least, bench::least_time(kSeconds, work).seconds);
  };
  for (int turn = 0; turn < kTurns; ++turn) {
    time(pleat_seconds, pleat);
    time(product_seconds, [&] { one_dnn.multiply(); });
    if (rounds) time(rounding_seconds, [&] { one_dnn.convert_and_multiply(); });
    time(pleat_blocks_seconds, pleat_blocks);
    time(product_blocks_seconds, [&] { one_dnn_blocks.multiply(pool); });
  }
  if (!rounds) rounding_seconds = product_seconds;
  double error = 0;
  for (int64_t i = 0; i < ours.size(); ++i)
    error = std::max(error, std::abs(static_cast<double>(ours[i]) - static_cast<double>(theirs[i])));
  const double operations = 2e-9 * static_cast<double>(kRows * product.depth * product.cols);
  fmt::print(
      "| {}x{}x{} | {} | {:.0f} | {:.0f} | {:.2f} | {:.0f} | {:.2f} | {:.0f} | {:.0f} | {:.2f} | {} | {:.1e} "
      "|\n",
      kRows, product.depth, product.cols, rounds ? "bfloat16" : "float32", operations / pleat_seconds,
      operations / product_seconds, product_seconds / pleat_seconds, operations / rounding_seconds,
      rounding_seconds / pleat_seconds, operations / pleat_blocks_seconds,
      operations / product_blocks_seconds, product_blocks_seconds / pleat_blocks_seconds, one_dnn.kernel(),
      error);
  std::fflush(stdout);
}

}  // namespace

int main(int argc, char** argv) {
  const int threads = argc > 1 ? std::atoi(argv[1]) : 1;
  kernels::use_isa(active_isa());
  dnnl::set_max_cpu_isa(isa_of(kernels::kernel_isa()));
  omp_set_num_threads(threads);
  ThreadPool pool(threads);
  fmt::print(
      "{}, {} thread(s)\n\n| shape | operands | pleat, GFLOP/s | oneDNN | ratio | oneDNN and rounding | "
      "ratio | in blocks: pleat | oneDNN and rounding | ratio | its kernel | largest difference |\n"
      "|---|---|---|---|---|---|---|---|---|---|---|---|\n",
      name(kernels::kernel_isa()), threads);
  for (const Product& product : kProducts) compare(pool, product);
  return 0;
}
