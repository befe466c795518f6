#include "tests/model/product_count.h"

#include <atomic>

#include "kernels/gemm.h"

namespace pleat::kernels {
namespace {

std::atomic<int64_t> operations{0};

}  // namespace

// The names that --wrap gives the functions themselves and those that stand for them.
void real_gemm(ConstMat a, PackedView b, Mat c, bool accumulate) asm(
    "__real__ZN5pleat7kernels4gemmENS0_10MatrixViewIKfEENS0_10PackedViewENS1_IfEEb");
void counted_gemm(ConstMat a, PackedView b, Mat c, bool accumulate) asm(
    "__wrap__ZN5pleat7kernels4gemmENS0_10MatrixViewIKfEENS0_10PackedViewENS1_IfEEb");
void real_gated_gemm(Activation activation, ConstMat g, PackedView w, ConstMat v, PackedView u, Mat c) asm(
    "__real__ZN5pleat7kernels10gated_gemmENS0_10ActivationENS0_10MatrixViewIKfEENS0_10PackedViewES4_S5_NS2_"
    "IfEE");
void counted_gated_gemm(Activation activation, ConstMat g, PackedView w, ConstMat v, PackedView u, Mat c) asm(
    "__wrap__ZN5pleat7kernels10gated_gemmENS0_10ActivationENS0_10MatrixViewIKfEENS0_10PackedViewES4_S5_NS2_"
    "IfEE");

void counted_gemm(ConstMat a, PackedView b, Mat c, bool accumulate) {
  operations += 2 * c.rows * b.rows * c.cols;
  real_gemm(a, b, c, accumulate);
}

void counted_gated_gemm(Activation activation, ConstMat g, PackedView w, ConstMat v, PackedView u, Mat c) {
  operations += 2 * c.rows * (w.rows + u.rows) * c.cols;
  real_gated_gemm(activation, g, w, v, u, c);
}

int64_t take_count() { return operations.exchange(0); }

}  // namespace pleat::kernels

int64_t pleat::model::test::take_product_count() { return kernels::take_count(); }
