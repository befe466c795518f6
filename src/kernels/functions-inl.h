// Vector functions that several kernels share. Included once per instruction set, after hwy/highway.h.
#if defined(PLEAT_KERNELS_FUNCTIONS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef PLEAT_KERNELS_FUNCTIONS_INL_H_
#undef PLEAT_KERNELS_FUNCTIONS_INL_H_
#else
#define PLEAT_KERNELS_FUNCTIONS_INL_H_
#endif

#include <cstdint>

#include "hwy/contrib/math/math-inl.h"
#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace pleat::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// 1 / (1 + exp(-x)).
template <class D, class V = hn::Vec<D>>
HWY_INLINE V sigmoid(D d, V x) {
  const V one = hn::Set(d, 1.0f);
  // Exp is wrong beyond the largest float: exp(88) is near it, and its reciprocal near the smallest.
  const V power = hn::Min(hn::Neg(x), hn::Set(d, 88.0f));
  return hn::Div(one, hn::Add(one, hn::Exp(d, power)));
}

// Loads the first min(n, lanes) elements, the rest zero; never reads beyond them.
template <class D>
HWY_INLINE hn::Vec<D> load_first(D d, int64_t n, const float* from) {
  if (n >= static_cast<int64_t>(hn::Lanes(d))) return hn::LoadU(d, from);
  return hn::MaskedLoad(hn::FirstN(d, static_cast<size_t>(n)), d, from);
}

// Stores the first min(n, lanes) elements; never writes beyond them.
template <class D, class V = hn::Vec<D>>
HWY_INLINE void store_first(D d, V v, int64_t n, float* to) {
  if (n >= static_cast<int64_t>(hn::Lanes(d)))
    hn::StoreU(v, d, to);
  else
    hn::BlendedStore(v, hn::FirstN(d, static_cast<size_t>(n)), d, to);
}

// Replaces a row x by exp(x - max x) and returns the sum of the results.
template <class D>
HWY_INLINE float exponentials(D d, float* x, int64_t n) {
  using V = hn::Vec<D>;
  const int64_t lanes = static_cast<int64_t>(hn::Lanes(d));
  const V lowest = hn::Set(d, hwy::LowestValue<float>());
  V max = lowest;
  int64_t c = 0;
  for (; c + lanes <= n; c += lanes) max = hn::Max(max, hn::LoadU(d, x + c));
  const auto tail = hn::FirstN(d, static_cast<size_t>(n - c));
  if (c < n) max = hn::Max(max, hn::IfThenElse(tail, hn::MaskedLoad(tail, d, x + c), lowest));
  max = hn::MaxOfLanes(d, max);
  V sum = hn::Zero(d);
  for (c = 0; c + lanes <= n; c += lanes) {
    const V e = hn::Exp(d, hn::Sub(hn::LoadU(d, x + c), max));
    hn::StoreU(e, d, x + c);
    sum = hn::Add(sum, e);
  }
  if (c < n) {
    const V e = hn::IfThenElseZero(tail, hn::Exp(d, hn::Sub(hn::MaskedLoad(tail, d, x + c), max)));
    hn::BlendedStore(e, tail, d, x + c);
    sum = hn::Add(sum, e);
  }
  return hn::GetLane(hn::SumOfLanes(d, sum));
}

}  // namespace pleat::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // per-target include guard
