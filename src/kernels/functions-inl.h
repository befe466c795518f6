// Vector functions that several kernels share. Included once per instruction set, after hwy/highway.h.
#if defined(PLEAT_KERNELS_FUNCTIONS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef PLEAT_KERNELS_FUNCTIONS_INL_H_
#undef PLEAT_KERNELS_FUNCTIONS_INL_H_
#else
#define PLEAT_KERNELS_FUNCTIONS_INL_H_
#endif

#include <cstdint>
#include <limits>

#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace pleat::kernels::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// exp(x) for x up to 88, within one unit of the last place; 0 instead of denormals. x = n ln 2 + r, |r| <= ln
// 2 / 2, and exp(r) = 1 + r + r^2 q(r); q interpolates at Chebyshev's nodes.
template <class D, class V = hn::Vec<D>>
HWY_INLINE V exponential(D d, V x) {
  const hn::RebindToSigned<D> di;
  // Adding 1.5 * 2^23 rounds to an integer in the low bits.
  const V magic = hn::Set(d, 12582912.0f), shifted = hn::MulAdd(x, hn::Set(d, 1.44269504f), magic);
  const V n = hn::Sub(shifted, magic);
  // ln 2 in two parts, of which the first has few bits.
  const V r = hn::NegMulAdd(n, hn::Set(d, -2.12194440e-4f), hn::NegMulAdd(n, hn::Set(d, 0.693359375f), x));
  V p = hn::MulAdd(r, hn::Set(d, 0.00139262504f), hn::Set(d, 0.00836323295f));
  p = hn::MulAdd(r, p, hn::Set(d, 0.0416665524f));
  p = hn::MulAdd(r, p, hn::Set(d, 0.166665763f));
  p = hn::MulAdd(r, p, hn::Set(d, 0.5f));
  p = hn::MulAdd(r, p, hn::Set(d, 1.0f));
  p = hn::MulAdd(r, p, hn::Set(d, 1.0f));
  const auto power = hn::Add(hn::BitCast(di, p), hn::ShiftLeft<23>(hn::BitCast(di, shifted)));
  const V least = hn::Set(d, -87.33f);
  return hn::IfThenElseZero(hn::Ge(x, least), hn::BitCast(d, power));
}

// 1 / (1 + exp(-x)).
template <class D, class V = hn::Vec<D>>
HWY_INLINE V sigmoid(D d, V x) {
  const V one = hn::Set(d, 1.0f);
  // exp(88) is near the largest float, and its reciprocal near the smallest.
  const V power = hn::Min(hn::Neg(x), hn::Set(d, 88.0f));
  return hn::Div(one, hn::Add(one, exponential(d, power)));
}

// Loads the first min(n, lanes) elements, the rest zero; never reads beyond them.
template <class D>
HWY_INLINE hn::Vec<D> load_first(D d, int64_t n, const hn::TFromD<D>* from) {
  if (n >= static_cast<int64_t>(hn::Lanes(d))) return hn::LoadU(d, from);
  if constexpr (sizeof(*from) == sizeof(float))
    return hn::MaskedLoad(hn::FirstN(d, static_cast<size_t>(n)), d, from);
  // AVX2 cannot mask smaller elements: Highway would load them all.
  HWY_ALIGN hn::TFromD<D> all[hn::MaxLanes(D())] = {};
  for (int64_t i = 0; i < n; ++i) all[i] = from[i];
  return hn::Load(d, all);
}

// Stores the first min(n, lanes) elements; never writes beyond them.
template <class D, class V = hn::Vec<D>>
HWY_INLINE void store_first(D d, V v, int64_t n, hn::TFromD<D>* to) {
  if (n >= static_cast<int64_t>(hn::Lanes(d))) return hn::StoreU(v, d, to);
  if constexpr (sizeof(*to) == sizeof(float))
    return hn::BlendedStore(v, hn::FirstN(d, static_cast<size_t>(n)), d, to);
  HWY_ALIGN hn::TFromD<D> all[hn::MaxLanes(D())];
  hn::Store(v, d, all);
  for (int64_t i = 0; i < n; ++i) to[i] = all[i];
}

// Rounded to the nearest bfloat16, ties to even; infinities and NaN stay.
template <class D, class V = hn::Vec<D>>
HWY_INLINE V round_bf16(D d, V v) {
  const hn::RebindToUnsigned<D> du;
  const auto bits = hn::BitCast(du, v);
  const auto odd = hn::And(hn::ShiftRight<16>(bits), hn::Set(du, 1u));
  const auto up = hn::Add(bits, hn::Add(hn::Set(du, 0x7fffu), odd));
  const V rounded = hn::BitCast(d, hn::And(up, hn::Set(du, 0xffff0000u)));
  return hn::IfThenElse(hn::IsFinite(v), rounded, v);
}

// The same for bfloat16 in memory; a store rounds.
template <class D>
HWY_INLINE hn::Vec<D> load_bf16(D d, int64_t n, const uint16_t* from) {
  const hn::Rebind<uint16_t, D> d16;
  const hn::RebindToUnsigned<D> words;
  return hn::BitCast(d, hn::ShiftLeft<16>(hn::PromoteTo(words, load_first(d16, n, from))));
}
template <class D, class V = hn::Vec<D>>
HWY_INLINE void store_bf16(D d, V v, int64_t n, uint16_t* to) {
  const hn::Rebind<uint16_t, D> d16;
  const hn::RebindToUnsigned<D> words;
  const auto rounded = hn::ShiftRight<16>(hn::BitCast(words, round_bf16(d, v)));
  store_first(d16, hn::TruncateTo(d16, rounded), n, to);
}

constexpr int64_t kRowParts = 16;                             // partial sums of a row
constexpr int64_t kRowLanes = HWY_MAX_BYTES / sizeof(float);  // of one vector
constexpr int64_t kRowVectors = kRowParts / kRowLanes;        // vectors that hold the partial sums

// f(v, c, part, used) for the vectors of a row: v starts at column c and belongs to partial sum `part` of
// RowSum; its first `used` lanes are columns of the row, the others zero.
template <class D, class F>
HWY_INLINE void for_vectors(D d, const float* x, int64_t n, F&& f) {
  int64_t c = 0;
  for (; c + kRowParts <= n; c += kRowParts)
#pragma GCC unroll 2
    for (int64_t part = 0; part < kRowVectors; ++part)
      f(hn::LoadU(d, x + c + part * kRowLanes), c + part * kRowLanes, part, kRowLanes);
#pragma GCC unroll 2
  for (int64_t part = 0; part < kRowVectors; ++part)
    if (const int64_t at = c + part * kRowLanes; at < n)
      f(load_first(d, n - at, x + at), at, part, HWY_MIN(n - at, kRowLanes));
}

// A sum over the columns of a row in 16 partial sums (column modulo 16) and a fixed tree: the same bits on
// every instruction set.
template <class D>
class RowSum {
  using V = hn::Vec<D>;

 public:
  HWY_INLINE RowSum() {
    for (V& p : parts_) p = hn::Zero(D());
  }
  HWY_INLINE void add(V v, int64_t part) { parts_[part] = hn::Add(parts_[part], v); }
  HWY_INLINE void add_square(V v, int64_t part) { parts_[part] = hn::MulAdd(v, v, parts_[part]); }
  // Adds part i + 8 to part i, then i + 4, i + 2, i + 1.
  HWY_INLINE float total() const {
    const auto eight = sum_of_eight();
    const hn::FixedTag<float, 4> d4;
    auto four = hn::Add(hn::LowerHalf(d4, eight), hn::UpperHalf(d4, eight));
    four = hn::Add(four, hn::Shuffle1032(four));
    return hn::GetLane(hn::Add(four, hn::Shuffle2301(four)));
  }

 private:
  HWY_INLINE auto sum_of_eight() const {
    const hn::FixedTag<float, 8> d8;
    if constexpr (kRowVectors == 1)
      return hn::Add(hn::LowerHalf(d8, parts_[0]), hn::UpperHalf(d8, parts_[0]));
    else
      return hn::Add(parts_[0], parts_[1]);
  }

  V parts_[kRowVectors];
};

// v with only its first `used` lanes, the others zero.
template <class D, class V = hn::Vec<D>>
HWY_INLINE V keep_first(D d, V v, int64_t used) {
  return used == kRowLanes ? v : hn::IfThenElseZero(hn::FirstN(d, static_cast<size_t>(used)), v);
}

// Replaces a row x by f(x, column, used), vector by vector (`used` lanes belong to the row), and returns the
// row's largest element in all lanes.
template <class D, class F>
HWY_INLINE hn::Vec<D> map_max(D d, float* x, int64_t n, F&& f) {
  using V = hn::Vec<D>;
  V max = hn::Set(d, -std::numeric_limits<float>::infinity());
  for_vectors(d, x, n, [&](V v, int64_t c, int64_t, int64_t used) HWY_ATTR {
    const V y = f(v, c, used);
    store_first(d, y, used, x + c);
    max = hn::Max(max,
                  used == kRowLanes ? y : hn::IfThenElse(hn::FirstN(d, static_cast<size_t>(used)), y, max));
  });
  return hn::MaxOfLanes(d, max);
}

// Replaces a row x by exp(x - max) and returns the sum of the results. No element may exceed max.
template <class D, class V = hn::Vec<D>>
HWY_INLINE float exponentials(D d, V max, float* x, int64_t n) {
  RowSum<D> sum;
  for_vectors(d, x, n, [&](V v, int64_t c, int64_t part, int64_t used) HWY_ATTR {
    const V e = keep_first(d, exponential(d, hn::Sub(v, max)), used);
    store_first(d, e, used, x + c);
    sum.add(e, part);
  });
  return sum.total();
}

}  // namespace pleat::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // per-target include guard
