#include "profile/filters.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "profile/profile.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "profile/filters.cc"
#include "hwy/foreach_target.h"
// After foreach_target.
#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace pleat::profile::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;
using U8 = hn::ScalableTag<uint8_t>;
using I8 = hn::ScalableTag<int8_t>;
using I16 = hn::ScalableTag<int16_t>;
using U32 = hn::ScalableTag<uint32_t>;
constexpr int kBytes = HWY_MAX_BYTES, kWords = kBytes / 2;
// Vectors that stay in registers, beside two of maxima.
constexpr int kBand = HWY_TARGET == HWY_AVX3 ? 24 : 12;
constexpr int kNever = -32768, kCeiling = 32767, kWordBase = 12000, kWordEnd = -500;

// Rotates lane r to lane r + kLanes.
template <int kLanes, class D, class V>
HWY_INLINE V turned(D d, V v) {
  const U32 d32;
  alignas(64) uint32_t from[kBytes / 4];
  for (int i = 0; i < kBytes / 4; ++i) from[i] = static_cast<uint32_t>((i + kBytes / 4 - 4) % (kBytes / 4));
  const auto before =
      hn::BitCast(d, hn::TableLookupLanes(hn::BitCast(d32, v), hn::SetTableIndices(d32, from)));
  return hn::CombineShiftRightBytes<16 - kLanes* static_cast<int>(sizeof(hn::TFromD<D>))>(d, v, before);
}

template <int kCount>
HWY_INLINE void turn_band(hn::Vec<I8> (&band)[kCount], int lanes) {
  const I8 d;
#pragma GCC unroll 32
  for (int j = 0; j < kCount; ++j) {
    if (lanes == 1)
      band[j] = turned<1>(d, band[j]);
    else
      band[j] = lanes == 2 ? turned<2>(d, band[j]) : turned<4>(d, band[j]);
  }
}

enum class Rows { every, second };

template <int kCount, bool kLook>
HWY_INLINE void step(hn::Vec<I8> (&band)[kCount], const int8_t* HWY_RESTRICT costs, hn::Vec<U8> (&best)[2]) {
  const I8 d;
  const U8 du;
#pragma GCC unroll 32
  for (int j = 0; j < kCount; ++j) {
    band[j] = hn::SaturatedSub(band[j], hn::Load(d, costs + j * kBytes));
    if constexpr (kLook) best[j % 2] = hn::Max(best[j % 2], hn::BitCast(du, band[j]));
  }
}

// The highest cells of the diagonals that start in vectors first .. first + kCount - 1, in the inspected
// rows. An uninspected row follows an inspected one, or the start.
template <int kCount, Rows kRows>
hn::Vec<U8> walk(const FilterTables& t, int first, const uint8_t* x, int length, hn::Vec<U8> highest) {
  const I8 d;
  hn::Vec<I8> band[kCount];
#pragma GCC unroll 32
  for (int j = 0; j < kCount; ++j) band[j] = hn::Set(d, -128);
  hn::Vec<U8> best[2] = {highest, highest};
  const size_t stride = t.segment_stride;
  for (int at = first; length > 0; at = 0) {
    int rows = std::min(length, t.period - at);
    length -= rows;
    const int8_t* costs = t.segment.data() + static_cast<size_t>(at) * kBytes;
    if constexpr (kRows == Rows::second) {
      for (; rows >= 2; rows -= 2, x += 2, costs += 2 * kBytes) {
        step<kCount, false>(band, costs + x[0] * stride, best);
        step<kCount, true>(band, costs + x[1] * stride + kBytes, best);
      }
    }
    for (; rows > 0; --rows, ++x, costs += kBytes) step<kCount, true>(band, costs + *x * stride, best);
    turn_band(band, t.copies);
  }
  return hn::Max(best[0], best[1]);
}

template <int kCount, Rows kRows>
hn::Vec<U8> walk_band(const FilterTables& t, int count, int first, Target x, hn::Vec<U8> highest) {
  if constexpr (kCount > 1) {
    if (count < kCount) return walk_band<kCount - 1, kRows>(t, count, first, x, highest);
  }
  return walk<kCount, kRows>(t, first, x.data(), static_cast<int>(x.size()), highest);
}

template <Rows kRows>
hn::Vec<U8> highest_cells(const FilterTables& t, Target target) {
  auto highest = hn::Set(U8(), kByteFloor);
  const int vectors = t.byte_vectors, bands = (vectors + kBand - 1) / kBand;
  for (int band = 0, first = 0; band < bands; ++band) {
    const int count = (vectors - first + bands - band - 1) / (bands - band);
    highest = walk_band<kBand, kRows>(t, count, first, target, highest);
    first += count;
  }
  return highest;
}

HWY_INLINE bool any_above(hn::Vec<U8> v, int limit) {
  const U8 d;
  const auto more = hn::SaturatedSub(v, hn::Set(d, static_cast<uint8_t>(limit)));
  return !hn::AllTrue(d, hn::Eq(more, hn::Zero(d)));
}

int highest_lane(hn::Vec<U8> v) {
  alignas(64) uint8_t lanes[kBytes];
  hn::Store(v, U8(), lanes);
  return *std::max_element(lanes, lanes + kBytes);
}

int vector_bytes() { return kBytes; }
int band_vectors() { return kBand; }

// A step raises a cell by at most the bias: a cell that reaches the threshold in an uninspected row was near
// it in the row before.
bool may_reach(const FilterTables& t, int bias, Target target, int threshold) {
  const int near = threshold - bias;
  if (near > kByteFloor) return any_above(highest_cells<Rows::second>(t, target), near - 1);
  return any_above(highest_cells<Rows::every>(t, target), threshold - 1);
}

int best_segment(const FilterTables& t, Target target) {
  return highest_lane(highest_cells<Rows::every>(t, target));
}

// The 8-bit score of several segments; -1 for overflow.
int msv_byte(const FilterTables& t, int bias, int enter, Target target) {
  const U8 d;
  const int vectors = t.byte_vectors;
  static thread_local AlignedVector<uint8_t> cells;
  cells.assign(static_cast<size_t>(vectors) * kBytes, 0);
  int jump = 0;
  auto begin = hn::Set(d, static_cast<uint8_t>(std::max(0, kByteBase - enter)));
  const auto biases = hn::Set(d, static_cast<uint8_t>(bias));
  for (const uint8_t code : target) {
    const uint8_t* cost = t.cost.data() + static_cast<size_t>(code) * vectors * kBytes;
    auto before = turned<1>(d, hn::Load(d, cells.data() + static_cast<size_t>(vectors - 1) * kBytes));
    auto best = hn::Zero(d);
    for (int q = 0; q < vectors; ++q) {
      const auto cell =
          hn::SaturatedSub(hn::SaturatedAdd(hn::Max(before, begin), biases), hn::Load(d, cost + q * kBytes));
      best = hn::Max(best, cell);
      before = hn::Load(d, cells.data() + q * kBytes);
      hn::Store(cell, d, cells.data() + q * kBytes);
    }
    if (!any_above(best, jump + kByteEndCost))
      continue;  // no overflow either: jump would have overflowed first
    const int end = highest_lane(best);
    if (end + bias >= 255) return -1;
    jump = std::max(jump, end - kByteEndCost);
    begin = hn::Set(d, static_cast<uint8_t>(std::max(0, std::max(kByteBase, jump) - enter)));
  }
  return jump;
}

// Shifts lane r to lane r + 1; lane 0 becomes kNever.
HWY_INLINE hn::Vec<I16> shifted(hn::Vec<I16> v) {
  const I16 d;
  return hn::IfThenElse(hn::FirstN(d, 1), hn::Set(d, kNever), turned<1>(d, v));
}

struct WordCells {
  int16_t *match, *del, *insert;
};

// Matches and inserts of a row, and the deletes that follow a match: returns the last of those, and the best match.
HWY_INLINE hn::Vec<I16> word_row(const FilterTables& t, const int16_t* scores, int begin, const WordCells& c,
                                 hn::Vec<I16>& best) {
  const I16 d;
  const size_t last = static_cast<size_t>(t.word_vectors - 1) * kWords;
  auto m = shifted(hn::Load(d, c.match + last)), i = shifted(hn::Load(d, c.insert + last)),
       del = shifted(hn::Load(d, c.del + last));
  auto pending = hn::Set(d, kNever);
  const auto begins = hn::Set(d, static_cast<int16_t>(begin));
  const int16_t* row = t.transition.data();
  for (size_t at = 0; at <= last; at += kWords, row += kTransitions * kWords) {
    const auto load = [&](Transition transition) HWY_ATTR { return hn::Load(d, row + transition * kWords); };
    auto cell = hn::SaturatedAdd(begins, load(kBM));
    cell = hn::Max(cell, hn::SaturatedAdd(m, load(kMM)));
    cell = hn::Max(cell, hn::SaturatedAdd(i, load(kIM)));
    cell = hn::Max(cell, hn::SaturatedAdd(del, load(kDM)));
    cell = hn::SaturatedAdd(cell, hn::Load(d, scores + at));
    best = hn::Max(best, cell);
    m = hn::Load(d, c.match + at), i = hn::Load(d, c.insert + at), del = hn::Load(d, c.del + at);
    hn::Store(cell, d, c.match + at);
    hn::Store(pending, d, c.del + at);
    pending = hn::SaturatedAdd(cell, load(kMD));
    hn::Store(hn::Max(hn::SaturatedAdd(m, load(kMI)), hn::SaturatedAdd(i, load(kII))), d, c.insert + at);
  }
  return pending;
}

// Extends deletes by deletes until nothing grows.
HWY_INLINE void word_deletes(const FilterTables& t, int16_t* del, hn::Vec<I16> pending) {
  const I16 d;
  for (int lane = 0; lane < kWords; ++lane) {
    pending = shifted(pending);
    auto grown = hn::Zero(d);
    for (int q = 0; q < t.word_vectors; ++q) {
      const auto before = hn::Load(d, del + q * kWords), now = hn::Max(before, pending);
      grown = hn::Or(grown, hn::Xor(before, now));
      hn::Store(now, d, del + q * kWords);
      pending = hn::SaturatedAdd(now, hn::Load(d, t.transition.data() + (q * kTransitions + kDD) * kWords));
    }
    if (lane > 0 && hn::AllTrue(d, hn::Eq(grown, hn::Zero(d)))) break;
  }
}

// The 16-bit score at the end of the last position; kCeiling for overflow, kNever when nothing reaches it.
int viterbi_word(const FilterTables& t, int move, Target target) {
  const I16 d;
  const size_t width = static_cast<size_t>(t.word_vectors) * kWords;
  static thread_local AlignedVector<int16_t> memory;
  memory.assign(3 * width, kNever);
  const WordCells cells = {memory.data(), memory.data() + width, memory.data() + 2 * width};
  int begin = kWordBase + move, jump = kNever;
  for (const uint8_t code : target) {
    auto best = hn::Set(d, kNever);
    const auto pending = word_row(t, t.score.data() + code * width, begin, cells, best);
    word_deletes(t, cells.del, pending);
    const int end = hn::GetLane(hn::MaxOfLanes(d, best));
    if (end >= kCeiling) return kCeiling;
    jump = std::max(jump, end + kWordEnd);
    begin = std::max(jump, kWordBase) + move;
  }
  return jump;
}

}  // namespace pleat::profile::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace pleat::profile {
namespace {

HWY_EXPORT(vector_bytes);
HWY_EXPORT(band_vectors);
HWY_EXPORT(may_reach);
HWY_EXPORT(best_segment);
HWY_EXPORT(msv_byte);
HWY_EXPORT(viterbi_word);

constexpr float kInfinity = std::numeric_limits<float>::infinity();
constexpr int kWordNever = -32768, kWordCeiling = 32767;

float byte_score(const Profile& profile, const LengthModel& model, int jump) {
  float score = static_cast<float>(jump - model.tjb) - static_cast<float>(kByteBase);
  score /= profile.scale_b;
  return score - 3.0f;
}

void set_bytes(const Profile& profile, int band, FilterTables& t) {
  const int nodes = profile.length, lanes = t.bytes;
  t.byte_vectors = nodes / lanes + 1;
  t.copies = t.byte_vectors >= 8 ? 1 : t.byte_vectors >= 4 ? 2 : 4;
  t.period = t.copies * t.byte_vectors;
  const int count = t.period + std::min(band, t.byte_vectors) - 1;
  t.segment_stride = static_cast<size_t>(count) * lanes;
  t.segment.resize(kCodes * t.segment_stride);
  t.cost.resize(static_cast<size_t>(kCodes) * t.byte_vectors * lanes);
  for (int x = 0; x < kCodes; ++x) {
    for (int q = 0; q < count; ++q) {
      for (int r = 0; r < lanes; ++r) {
        const int k = (r * t.byte_vectors + q) % (lanes * t.byte_vectors);
        const int cost = k < nodes ? profile.cost[x][k] : 255;
        t.segment[x * t.segment_stride + q * lanes + r] =
            static_cast<int8_t>(k < nodes ? std::min(127, cost - profile.bias) : 127);
        if (q < t.byte_vectors) t.cost[(x * t.byte_vectors + q) * lanes + r] = static_cast<uint8_t>(cost);
      }
    }
  }
}

void set_words(const Profile& profile, FilterTables& t) {
  const int nodes = profile.length, lanes = t.bytes / 2;
  t.word_vectors = (nodes + lanes - 1) / lanes;
  const size_t width = static_cast<size_t>(t.word_vectors) * lanes;
  t.score.assign(kCodes * width, kWordNever);
  t.transition.assign(kTransitions * width, kWordNever);
  for (int k = 0; k < nodes; ++k) {
    const int q = k % t.word_vectors, r = k / t.word_vectors;
    for (int x = 0; x < kCodes; ++x) t.score[x * width + q * lanes + r] = profile.score_w[x][k];
    for (int s = 0; s < kTransitions; ++s)
      t.transition[(q * kTransitions + s) * lanes + r] = profile.transition_w[s][k];
  }
}

}  // namespace

FilterTables::FilterTables(const Profile& profile) : bytes(HWY_DYNAMIC_DISPATCH(vector_bytes)()) {
  set_bytes(profile, HWY_DYNAMIC_DISPATCH(band_vectors)(), *this);
  set_words(profile, *this);
}

bool may_reach(const Profile& profile, Target target, int threshold) {
  return HWY_DYNAMIC_DISPATCH(may_reach)(profile.filters, profile.bias, target, threshold);
}

int best_segment(const Profile& profile, Target target) {
  return HWY_DYNAMIC_DISPATCH(best_segment)(profile.filters, target);
}

float segment_score(const Profile& profile, const LengthModel& model, int raw) {
  const int enter = model.tjb + profile.tbm;
  if (enter + kByteEndCost + profile.bias >= 127) return NAN;
  if (raw >= 255 - profile.bias) return kByteBase - enter < kByteFloor ? NAN : kInfinity;
  const int end = raw + kByteBase - enter - kByteFloor;
  if (end >= 255 - profile.bias) return kInfinity;
  const int jump = end - kByteEndCost;
  return jump > kByteBase ? NAN : byte_score(profile, model, jump);
}

float msv_filter(const Profile& profile, const LengthModel& model, Target target, int raw) {
  const float score = segment_score(profile, model, raw);
  if (!std::isnan(score)) return score;
  const int jump =
      HWY_DYNAMIC_DISPATCH(msv_byte)(profile.filters, profile.bias, model.tjb + profile.tbm, target);
  return jump < 0 ? kInfinity : byte_score(profile, model, jump);
}

float msv_filter(const Profile& profile, const LengthModel& model, Target target) {
  return msv_filter(profile, model, target, best_segment(profile, target));
}

float viterbi_filter(const Profile& profile, const LengthModel& model, Target target) {
  const int last = HWY_DYNAMIC_DISPATCH(viterbi_word)(profile.filters, model.move_w, target);
  if (last >= kWordCeiling) return kInfinity;
  if (last <= kWordNever) return -kInfinity;
  float score = static_cast<float>(last) + static_cast<float>(model.move_w);
  score -= 12000.f;
  score /= static_cast<float>(500.0 / kLn2);
  return score - 3.0f;
}

float bias_filter(const Profile& profile, Target target) {
  const int length = static_cast<int>(target.size());
  const float p1 = static_cast<float>(length) / static_cast<float>(length + 1);
  const float mean = static_cast<float>(profile.length / 8.0);
  const float step[2][2] = {{p1, 1.0f - p1}, {1.0f / (mean + 1.0f), mean / (mean + 1.0f)}};
  const float start[2] = {0.999f, 0.001f};
  float state[2] = {0, 0}, sum = 0;
  for (int i = 0; i < length; ++i) {
    float next[2], most = 0;
    for (int k = 0; k < 2; ++k) {
      const float odds = k == 0 ? 1.0f : profile.bias_odds[target[i]];
      if (i == 0) {
        next[k] = odds * start[k];
      } else {
        next[k] = 0.0f;
        for (int m = 0; m < 2; ++m) next[k] += state[m] * step[m][k];
        next[k] *= odds;
      }
      most = std::max(next[k], most);
    }
    for (int k = 0; k < 2; ++k) state[k] = next[k] / most;
    sum += static_cast<float>(std::log(static_cast<double>(most)));
  }
  const float end = 0.0f + state[0] * 1.0f + state[1] * 1.0f;
  sum += static_cast<float>(std::log(static_cast<double>(end)));
  return sum + static_cast<float>(length) * std::log(p1) + std::log(static_cast<float>(1. - p1));
}

}  // namespace pleat::profile
#endif  // HWY_ONCE
