#include "kernels/attention.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/attention.cc"
#include "hwy/foreach_target.h"
// After foreach_target.
#include "hwy/highway.h"
#include "kernels/functions-inl.h"

HWY_BEFORE_NAMESPACE();
namespace pleat::kernels::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;
using D = hn::ScalableTag<float>;
using V = hn::Vec<D>;
constexpr int64_t kLanes = HWY_MAX_BYTES / sizeof(float);

// Turns logits into softmax's numerators and writes 1 / their sum for each row.
void Numerators(Mat logits, ConstMat bias, float scale, float* inverse_sums) {
  const D d;
  const V s = hn::Set(d, scale);
  for (int64_t r = 0; r < logits.rows; ++r) {
    float* row = logits.row(r);
    const V max = map_max(d, row, logits.cols, [&](V v, int64_t c, int64_t used) HWY_ATTR {
      return bias.data ? hn::MulAdd(v, s, load_first(d, used, bias.row(r) + c)) : hn::Mul(v, s);
    });
    inverse_sums[r] = 1.0f / exponentials(d, max, row, logits.cols);
  }
}

void ScaleRows(const float* factors, Mat x) {
  const D d;
  for (int64_t r = 0; r < x.rows; ++r) {
    const V f = hn::Set(d, factors[r]);
    for (int64_t c = 0; c < x.cols; c += kLanes)
      store_first(d, hn::Mul(load_first(d, x.cols - c, x.row(r) + c), f), x.cols - c, x.row(r) + c);
  }
}

}  // namespace pleat::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace pleat::kernels {

HWY_EXPORT(Numerators);
HWY_EXPORT(ScaleRows);

void attention(ConstMat q, PackedView keys_t, PackedView values, float scale, ConstMat bias, Mat out,
               float* logits) {
  constexpr int64_t kBlock = 48;  // queries whose logits stay in cache together
  float inverse_sums[kBlock];
  for (int64_t first = 0; first < q.rows; first += kBlock) {
    const int64_t rows = std::min(kBlock, q.rows - first);
    const Mat block(logits, rows, keys_t.cols), result = out.rows_at(first, rows);
    gemm(q.rows_at(first, rows), keys_t, block);
    const ConstMat block_bias = bias.data ? bias.rows_at(first, rows) : bias;
    HWY_DYNAMIC_DISPATCH(Numerators)(block, block_bias, scale, inverse_sums);
    gemm(block, values, result);
    HWY_DYNAMIC_DISPATCH(ScaleRows)(inverse_sums, result);
  }
}

}  // namespace pleat::kernels
#endif
