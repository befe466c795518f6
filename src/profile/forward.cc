#include "profile/forward.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "profile/forward.cc"
#include "hwy/foreach_target.h"
// After foreach_target.
#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace pleat::profile::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;
using Quad = hn::CappedTag<float, 4>;
template <int T>
using D = hn::CappedTag<float, 4 * T>;
template <int T>
using V = hn::Vec<D<T>>;
constexpr int kWidest = HWY_MAX_BYTES / 16;
constexpr float kNever = -std::numeric_limits<float>::infinity();

// The same four lanes for each target.
template <int T>
HWY_INLINE V<T> same(const float* from) {
  if constexpr (T == 1)
    return hn::Load(D<T>(), from);
  else
    return hn::LoadDup128(D<T>(), from);
}

// Four lanes of each target.
template <int T>
HWY_INLINE V<T> each(const float* const* from, size_t at) {
  if constexpr (T == 1) {
    return hn::Load(Quad(), from[0] + at);
  } else {
    return hn::Combine(D<T>(), each<T / 2>(from + T / 2, at), each<T / 2>(from, at));
  }
}

// One number for each target.
template <int T>
HWY_INLINE V<T> spread(const float* numbers) {
  if constexpr (T == 1)
    return hn::Set(Quad(), numbers[0]);
  else
    return hn::Combine(D<T>(), spread<T / 2>(numbers + T / 2), spread<T / 2>(numbers));
}

template <int T>
HWY_INLINE void totals(V<T> v, float* sums) {
  alignas(64) float lanes[4 * T];
  hn::Store(v, D<T>(), lanes);
  for (int t = 0; t < T; ++t)
    sums[t] = (lanes[4 * t] + lanes[4 * t + 1]) + (lanes[4 * t + 2] + lanes[4 * t + 3]);
}

template <int T>
HWY_INLINE V<T> up(V<T> v) {
  return hn::ShiftLeftLanes<1>(D<T>(), v);
}
template <int T>
HWY_INLINE V<T> down(V<T> v) {
  return hn::ShiftRightLanes<1>(D<T>(), v);
}
template <int T>
HWY_INLINE V<T> load(const float* from) {
  return hn::Load(D<T>(), from);
}
template <int T>
HWY_INLINE void store(V<T> v, float* to) {
  hn::Store(v, D<T>(), to);
}

// Each target's emission odds at a row; zero before its first position.
template <int T>
void odds_rows(const Profile& profile, std::span<const Subject> subjects, const Matrix& m, int row,
               const float** rows) {
  for (int t = 0; t < T; ++t) {
    const bool emits = t < m.targets && row > m.start[t] && row <= m.length;
    rows[t] = profile.odds[emits ? subjects[t].codes[row - m.start[t] - 1] : kGapCode].data();
  }
}

template <int T>
void scale_row(float* row, int vectors, const float* factors) {
  const auto factor = spread<T>(factors);
  for (int at = 0; at < vectors * kCells * 4 * T; at += 4 * T)
    store<T>(hn::Mul(load<T>(row + at), factor), row + at);
}

// Match, insert and the first part of delete; returns the last delete's successor and adds to `ends`.
template <int T>
HWY_INLINE V<T> forward_cells(const Profile& profile, const float* const* odds, V<T> begins,
                              const float* before, float* row, V<T>& ends) {
  constexpr int kStep = 4 * T;
  const int vectors = profile.vectors;
  const float* last = before + static_cast<size_t>(vectors - 1) * kCells * kStep;
  const float* t = profile.transition.data();
  auto pending = hn::Zero(D<T>());
  auto m = up<T>(load<T>(last + kMatch * kStep)), d = up<T>(load<T>(last + kDelete * kStep)),
       i = up<T>(load<T>(last + kInsert * kStep));
  for (int q = 0; q < vectors; ++q, t += 4 * kTransitions, before += kCells * kStep, row += kCells * kStep) {
    auto s = hn::Mul(begins, same<T>(t + 4 * kBM));
    s = hn::Add(s, hn::Mul(m, same<T>(t + 4 * kMM)));
    s = hn::Add(s, hn::Mul(i, same<T>(t + 4 * kIM)));
    s = hn::Add(s, hn::Mul(d, same<T>(t + 4 * kDM)));
    s = hn::Mul(s, each<T>(odds, static_cast<size_t>(q) * 4));
    ends = hn::Add(ends, s);
    m = load<T>(before + kMatch * kStep), d = load<T>(before + kDelete * kStep),
    i = load<T>(before + kInsert * kStep);
    store<T>(s, row + kMatch * kStep);
    store<T>(pending, row + kDelete * kStep);
    pending = hn::Mul(s, same<T>(t + 4 * kMD));
    store<T>(hn::Add(hn::Mul(m, same<T>(t + 4 * kMI)), hn::Mul(i, same<T>(t + 4 * kII))),
             row + kInsert * kStep);
  }
  return pending;
}

// Clears `pending` for targets whose deletes did not grow; false when none grew.
template <int T>
HWY_INLINE bool keep_grown(hn::Mask<D<T>> grew, V<T>& pending) {
  uint8_t bytes[8] = {};
  hn::StoreMaskBits(D<T>(), grew, bytes);
  const unsigned bits = bytes[0] | bytes[1] << 8;
  if (bits == 0) return false;
  float active[T];
  for (int t = 0; t < T; ++t) active[t] = bits >> (4 * t) & 15 ? 1.f : 0.f;
  pending = hn::Mul(pending, spread<T>(active));
  return true;
}

template <int T>
HWY_INLINE void forward_deletes(const Profile& profile, float* row, V<T> pending) {
  constexpr int kStep = 4 * T;
  const int vectors = profile.vectors;
  const float* dd = profile.transition.data() + 4 * kDD;
  float* deletes = row + kDelete * kStep;
  pending = up<T>(pending);
  store<T>(hn::Zero(D<T>()), deletes);
  for (int q = 0; q < vectors; ++q) {
    const auto d = hn::Add(pending, load<T>(deletes + q * kCells * kStep));
    store<T>(d, deletes + q * kCells * kStep);
    pending = hn::Mul(d, same<T>(dd + q * 4 * kTransitions));
  }
  for (int pass = 1; pass < 4; ++pass) {
    pending = up<T>(pending);
    auto grew = hn::Lt(hn::Zero(D<T>()), hn::Zero(D<T>()));
    for (int q = 0; q < vectors; ++q) {
      const auto d = load<T>(deletes + q * kCells * kStep), sum = hn::Add(pending, d);
      grew = hn::Or(grew, hn::Gt(sum, d));
      store<T>(sum, deletes + q * kCells * kStep);
      pending = hn::Mul(pending, same<T>(dd + q * 4 * kTransitions));
    }
    if (profile.length < 100) continue;
    if (!keep_grown<T>(grew, pending)) break;
  }
}

void rescale(Specials& x) {
  x.end /= x.scale, x.n /= x.scale, x.j /= x.scale, x.begin /= x.scale, x.c /= x.scale;
}

bool usable_chance(float x) { return !std::isnan(x) && x != 0.f && !(std::isinf(x) && x > 0); }

template <int T>
void forward_of(const Profile& profile, std::span<const Subject> subjects, Matrix& out, float* scores) {
  const int vectors = profile.vectors, count = out.targets;
  std::fill_n(out.cells.data(), out.row_floats(), 0.f);
  Specials x[T];
  float logs[T] = {};
  for (int t = 0; t < count; ++t) {
    out.own_scales[t] = true;
    x[t].n = 1, x[t].begin = subjects[t].model.move;
    out.special(t, 0) = x[t];
  }
  for (int r = 1; r <= out.length; ++r) {
    const float* odds[T];
    odds_rows<T>(profile, subjects, out, r, odds);
    float begin[T] = {}, end[T], factors[T];
    for (int t = 0; t < count; ++t) begin[t] = r > out.start[t] ? x[t].begin : 0.f;
    float* row = out.row(r);
    auto ends = hn::Zero(D<T>());
    const auto pending = forward_cells<T>(profile, odds, spread<T>(begin), out.row(r - 1), row, ends);
    forward_deletes<T>(profile, row, pending);
    for (int q = 0; q < vectors; ++q) ends = hn::Add(load<T>(row + (q * kCells + kDelete) * 4 * T), ends);
    totals<T>(ends, end);
    bool scaled = false;
    for (int t = 0; t < T; ++t) {
      factors[t] = 1;
      if (t >= count || r <= out.start[t]) continue;
      const LengthModel& model = subjects[t].model;
      x[t].end = end[t];
      x[t].n = x[t].n * model.loop;
      x[t].c = x[t].c * model.loop + x[t].end * model.end_to_c;
      x[t].j = x[t].j * model.loop + x[t].end * model.end_to_j;
      x[t].begin = x[t].j * model.move + x[t].n * model.move;
      x[t].scale = 1;
      if (x[t].end > 1.0e4f) {
        x[t].scale = x[t].end;
        x[t].n = x[t].n / x[t].end, x[t].c = x[t].c / x[t].end, x[t].j = x[t].j / x[t].end,
        x[t].begin = x[t].begin / x[t].end;
        factors[t] = static_cast<float>(1.0 / x[t].end);
        logs[t] = static_cast<float>(logs[t] + std::log(static_cast<double>(x[t].end)));
        x[t].end = 1.0f;
        scaled = true;
      }
      out.special(t, r - out.start[t]) = x[t];
    }
    if (scaled) scale_row<T>(row, vectors, factors);
  }
  for (int t = 0; t < count; ++t) {
    const float chance = x[t].c * subjects[t].model.move;
    scores[t] = usable_chance(x[t].c) ? static_cast<float>(logs[t] + std::log(static_cast<double>(chance)))
                                      : std::numeric_limits<float>::quiet_NaN();
  }
}

template <int T>
HWY_INLINE void backward_deletes(const Profile& profile, float* row, V<T> previous, V<T> ends,
                                 bool last_row) {
  constexpr int kStep = 4 * T, kVector = kCells * kStep;
  const float* dd = profile.transition.data() + 4 * kDD;
  const int vectors = profile.vectors;
  auto pending = hn::Zero(D<T>());
  for (int q = vectors - 1; q >= 0; --q) {
    float* cell = row + q * kVector;
    pending = hn::Mul(previous, same<T>(dd + q * 4 * kTransitions));
    const auto d = load<T>(cell + kDelete * kStep);
    previous = last_row ? hn::Add(d, pending) : hn::Add(d, hn::Add(pending, ends));
    store<T>(previous, cell + kDelete * kStep);
    if (!last_row) store<T>(hn::Add(load<T>(cell + kMatch * kStep), ends), cell + kMatch * kStep);
  }
  for (int pass = 1; pass < 4; ++pass) {
    pending = down<T>(pending);
    for (int q = vectors - 1; q >= 0; --q) {
      float* d = row + q * kVector + kDelete * kStep;
      pending = hn::Mul(pending, same<T>(dd + q * 4 * kTransitions));
      store<T>(hn::Add(load<T>(d), pending), d);
    }
  }
  const float* md = profile.transition.data() + 4 * kMD;
  auto next = down<T>(load<T>(row + kDelete * kStep));
  for (int q = vectors - 1; q >= 0; --q) {
    float* cell = row + q * kVector;
    store<T>(hn::Add(load<T>(cell + kMatch * kStep), hn::Mul(next, same<T>(md + q * 4 * kTransitions))),
             cell + kMatch * kStep);
    next = load<T>(cell + kDelete * kStep);
  }
}

// Computes a row from the next one, without the contribution of the row's own end; returns the probability of
// a begin by lane.
template <int T>
HWY_INLINE V<T> backward_cells(const Profile& profile, const float* const* odds, const float* after,
                               float* row) {
  constexpr int kStep = 4 * T, kVector = kCells * kStep;
  const float* first = profile.transition.data();
  const int vectors = profile.vectors;
  auto mm = down<T>(same<T>(first + 4 * kMM)), im = down<T>(same<T>(first + 4 * kIM)),
       dm = down<T>(same<T>(first + 4 * kDM));
  auto m = down<T>(hn::Mul(load<T>(after + kMatch * kStep), each<T>(odds, 0)));
  auto begins = hn::Zero(D<T>());
  for (int q = vectors - 1; q >= 0; --q) {
    const float* t = first + q * 4 * kTransitions;
    float* cell = row + q * kVector;
    const auto i = load<T>(after + q * kVector + kInsert * kStep),
               m_after = load<T>(after + q * kVector + kMatch * kStep);
    store<T>(hn::Add(hn::Mul(i, same<T>(t + 4 * kII)), hn::Mul(m, im)), cell + kInsert * kStep);
    store<T>(hn::Mul(m, dm), cell + kDelete * kStep);
    store<T>(hn::Add(hn::Mul(i, same<T>(t + 4 * kMI)), hn::Mul(m, mm)), cell + kMatch * kStep);
    m = hn::Mul(m_after, each<T>(odds, static_cast<size_t>(q) * 4));
    dm = same<T>(t + 4 * kDM), im = same<T>(t + 4 * kIM), mm = same<T>(t + 4 * kMM);
    begins = hn::Add(begins, hn::Mul(m, same<T>(t + 4 * kBM)));
  }
  return begins;
}

// The part of row 1 that a target's row 0 needs.
template <int T>
void first_begins(const Profile& profile, const float* const* odds, const float* row, float* sums) {
  auto begins = hn::Zero(D<T>());
  for (int q = 0; q < profile.vectors; ++q) {
    const auto m =
        hn::Mul(load<T>(row + (q * kCells + kMatch) * 4 * T), each<T>(odds, static_cast<size_t>(q) * 4));
    begins = hn::Add(begins, hn::Mul(m, same<T>(profile.transition.data() + (q * kTransitions + kBM) * 4)));
  }
  totals<T>(begins, sums);
}

// Computes the last row of all targets; sets x to its states.
template <int T>
void backward_last_row(const Profile& profile, std::span<const Subject> subjects, Matrix& out, Specials* x) {
  float* row = out.row(out.length);
  float end[T] = {};
  for (int t = 0; t < out.targets; ++t) {
    x[t].c = subjects[t].model.move;
    end[t] = x[t].end = x[t].c * subjects[t].model.end_to_c;
  }
  const auto ends = spread<T>(end);
  for (int q = 0; q < profile.vectors; ++q) {
    float* cell = row + q * kCells * 4 * T;
    store<T>(ends, cell + kMatch * 4 * T);
    store<T>(ends, cell + kDelete * 4 * T);
    store<T>(hn::Zero(D<T>()), cell + kInsert * 4 * T);
  }
  backward_deletes<T>(profile, row, down<T>(load<T>(row + kDelete * 4 * T)), hn::Zero(D<T>()), true);
}

// The states of row r before scaling.
template <int T>
void backward_states(std::span<const Subject> subjects, const Matrix& out, int r, const float* begins,
                     Specials* x, float* end) {
  for (int t = 0; t < T; ++t) {
    end[t] = 0;
    if (t >= out.targets || r <= out.start[t]) continue;
    const LengthModel& model = subjects[t].model;
    x[t].begin = begins[t];
    x[t].c = x[t].c * model.loop;
    x[t].j = x[t].begin * model.move + x[t].j * model.loop;
    x[t].n = x[t].begin * model.move + x[t].n * model.loop;
    end[t] = x[t].end = x[t].c * model.end_to_c + x[t].j * model.end_to_j;
  }
}

template <int T>
void backward_scale(const Profile& profile, const Matrix& forward, Matrix& out, int r, Specials* x) {
  float factors[T];
  bool scaled = false;
  for (int t = 0; t < T; ++t) {
    factors[t] = 1;
    if (t >= out.targets || r <= out.start[t]) continue;
    const int i = r - out.start[t];
    if (r < out.length && x[t].begin > 1.0e16f) out.own_scales[t] = true;
    x[t].scale = out.own_scales[t] ? (x[t].begin > 1.0e4f ? x[t].begin : 1.0f) : forward.special(t, i).scale;
    if (x[t].scale > 1.0f) {
      rescale(x[t]);
      factors[t] = static_cast<float>(1.0 / x[t].scale);
      scaled = true;
    }
    out.special(t, i) = x[t];
  }
  if (scaled) scale_row<T>(out.row(r), profile.vectors, factors);
}

template <int T>
void backward_of(const Profile& profile, std::span<const Subject> subjects, const Matrix& forward,
                 Matrix& out, bool* usable) {
  Specials x[T];
  std::fill(out.own_scales, out.own_scales + kMostTargets, false);
  for (int r = out.length; r >= 1; --r) {
    float* row = out.row(r);
    const float* odds[T];
    odds_rows<T>(profile, subjects, out, r + 1, odds);
    if (r == out.length) {
      backward_last_row<T>(profile, subjects, out, x);
    } else {
      float begins[T], end[T];
      totals<T>(backward_cells<T>(profile, odds, out.row(r + 1), row), begins);
      backward_states<T>(subjects, out, r, begins, x, end);
      const auto ends = spread<T>(end);
      backward_deletes<T>(profile, row, down<T>(hn::Add(load<T>(row + kDelete * 4 * T), ends)), ends, false);
    }
    backward_scale<T>(profile, forward, out, r, x);
    for (int t = 0; t < out.targets; ++t) {
      if (r != out.start[t] + 1) continue;
      float begins[T];
      odds_rows<T>(profile, subjects, out, r, odds);
      first_begins<T>(profile, odds, row, begins);
      Specials first;
      first.begin = begins[t];
      first.n = first.begin * subjects[t].model.move + x[t].n * subjects[t].model.loop;
      out.special(t, 0) = first;
      usable[t] = usable_chance(first.n);
    }
  }
}

template <int T>
void decode_of(std::span<const Subject> subjects, const Matrix& forward, Matrix& backward, bool* usable) {
  float product[T] = {};
  for (int t = 0; t < backward.targets; ++t) product[t] = static_cast<float>(1.0 / backward.special(t, 0).n);
  std::fill_n(backward.cells.data(), backward.row_floats(), 0.f);
  for (int r = 1; r <= backward.length; ++r) {
    const float* f = forward.row(r);
    float* p = backward.row(r);
    float factors[T] = {};
    for (int t = 0; t < backward.targets; ++t) {
      const int i = r - backward.start[t];
      if (i < 1) continue;
      factors[t] = product[t] * forward.special(t, i).scale;
      Specials& x = backward.special(t, i);
      const Specials& before = forward.special(t, i - 1);
      const float loop = subjects[t].model.loop, scale = x.scale;
      x.n = before.n * x.n * loop * product[t];
      x.j = before.j * x.j * loop * product[t];
      x.c = before.c * x.c * loop * product[t];
      x.end = x.begin = 0;
      if (backward.own_scales[t]) product[t] *= forward.special(t, i).scale / scale;
    }
    const auto whole = spread<T>(factors);
    for (int q = 0; q < backward.vectors; ++q, f += kCells * 4 * T, p += kCells * 4 * T) {
      for (const int cell : {kMatch * 4 * T, kInsert * 4 * T})
        store<T>(hn::Mul(hn::Mul(load<T>(f + cell), load<T>(p + cell)), whole), p + cell);
      store<T>(hn::Zero(D<T>()), p + kDelete * 4 * T);
    }
  }
  for (int t = 0; t < backward.targets; ++t) usable[t] = !std::isinf(product[t]);
}

// Odds of the residues from how often each node emits: `usage` holds Match and Insert cells. Each residue's
// sum runs in node order; several residues at a time hide the latency of the sums.
template <int T>
void residue_odds(const Profile& profile, const float* usage, const float* rest, float* odds) {
  constexpr int kAtATime = 10;
  static_assert(kResidues % kAtATime == 0);
  for (int x = 0; x < kResidues; x += kAtATime) {
    V<T> sums[kAtATime];
    for (auto& sum : sums) sum = hn::Zero(D<T>());
    for (int q = 0; q < profile.vectors; ++q) {
      const float* u = usage + static_cast<size_t>(q) * kCells * 4 * T;
      const auto match = load<T>(u + kMatch * 4 * T), insert = load<T>(u + kInsert * 4 * T);
#pragma GCC unroll 10
      for (int r = 0; r < kAtATime; ++r) {
        sums[r] = hn::Add(sums[r], hn::Mul(match, same<T>(profile.odds[x + r].data() + q * 4)));
        sums[r] = hn::Add(sums[r], insert);
      }
    }
    for (int r = 0; r < kAtATime; ++r) {
      float of_targets[T];
      totals<T>(sums[r], of_targets);
      for (int t = 0; t < T; ++t) odds[t * kCodes + x + r] = of_targets[t] + rest[t];
    }
  }
}

template <int T>
void null2_of(const Profile& profile, const Matrix& p, float* odds) {
  AlignedVector<float> usage(p.row_floats(), 0.f);
  for (int r = 1; r <= p.length; ++r) {
    const float* row = p.row(r);
    for (size_t at = 0; at < usage.size(); at += 4 * T)
      store<T>(hn::Add(load<T>(row + at), load<T>(&usage[at])), &usage[at]);
  }
  float norm[T] = {}, rest[T] = {};
  for (int t = 0; t < p.targets; ++t) {
    const int length = p.length - p.start[t];
    float n = 0, c = 0, j = 0;
    for (int i = 1; i <= length; ++i) n += p.special(t, i).n, c += p.special(t, i).c, j += p.special(t, i).j;
    norm[t] = static_cast<float>(1.0 / static_cast<float>(length));
    n *= norm[t], c *= norm[t], j *= norm[t];
    rest[t] = n + c + j;
  }
  const auto norms = spread<T>(norm);
  for (size_t at = 0; at < usage.size(); at += 4 * T)
    store<T>(hn::Mul(load<T>(&usage[at]), norms), &usage[at]);
  float all[T * kCodes];
  residue_odds<T>(profile, usage.data(), rest, all);
  std::copy(all, all + p.targets * kCodes, odds);
}

template <int T>
HWY_INLINE V<T> up_or_never(V<T> v) {
  alignas(64) float first[4 * T] = {};
  for (int t = 0; t < T; ++t) first[4 * t] = kNever;
  return hn::Or(up<T>(v), load<T>(first));
}

template <int T>
HWY_INLINE V<T> allowed(V<T> odds, V<T> value) {
  return hn::IfThenElseZero(hn::Gt(odds, hn::Zero(D<T>())), value);
}

// A row of the best sums; `best` becomes the best end of each target.
template <int T>
void fill_row(const Profile& profile, const float* p, V<T> begins, const float* before, float* row,
              float* best) {
  constexpr int kStep = 4 * T, kVector = kCells * kStep;
  const int vectors = profile.vectors;
  const float *t = profile.transition.data(), *last = before + (vectors - 1) * kVector;
  auto pending = hn::Set(D<T>(), kNever), ends = pending;
  auto m = up_or_never<T>(load<T>(last + kMatch * kStep)),
       d = up_or_never<T>(load<T>(last + kDelete * kStep)),
       i = up_or_never<T>(load<T>(last + kInsert * kStep));
  for (int q = 0; q < vectors; ++q, t += 4 * kTransitions) {
    const size_t at = static_cast<size_t>(q) * kVector;
    auto s = allowed<T>(same<T>(t + 4 * kBM), begins);
    s = hn::Max(s, allowed<T>(same<T>(t + 4 * kMM), m));
    s = hn::Max(s, allowed<T>(same<T>(t + 4 * kIM), i));
    s = hn::Max(s, allowed<T>(same<T>(t + 4 * kDM), d));
    s = hn::Add(s, load<T>(p + at + kMatch * kStep));
    ends = hn::Max(ends, s);
    m = load<T>(before + at + kMatch * kStep), d = load<T>(before + at + kDelete * kStep),
    i = load<T>(before + at + kInsert * kStep);
    store<T>(s, row + at + kMatch * kStep);
    store<T>(pending, row + at + kDelete * kStep);
    pending = allowed<T>(same<T>(t + 4 * kMD), s);
    const auto insert = hn::Max(allowed<T>(same<T>(t + 4 * kMI), m), allowed<T>(same<T>(t + 4 * kII), i));
    store<T>(hn::Add(insert, load<T>(p + at + kInsert * kStep)), row + at + kInsert * kStep);
  }
  for (int pass = 0; pass < 4; ++pass) {
    pending = up_or_never<T>(pending);
    for (int q = 0; q < vectors; ++q) {
      float* cell = row + static_cast<size_t>(q) * kVector + kDelete * kStep;
      const auto now = hn::Max(pending, load<T>(cell));
      store<T>(now, cell);
      pending = allowed<T>(same<T>(profile.transition.data() + (q * kTransitions + kDD) * 4),
                           pass == 0 ? now : pending);
    }
  }
  for (int q = 0; q < vectors; ++q)
    ends = hn::Max(ends, load<T>(row + static_cast<size_t>(q) * kVector + kDelete * kStep));
  alignas(64) float lanes[kStep];
  store<T>(ends, lanes);
  for (int k = 0; k < T; ++k) best[k] = *std::max_element(lanes + 4 * k, lanes + 4 * k + 4);
}

void clear_target(Matrix& m, int r, int t) {
  float* row = m.row(r) + 4 * t;
  for (int v = 0; v < m.vectors * kCells; ++v) std::fill_n(row + static_cast<size_t>(v) * m.lanes, 4, kNever);
}

template <int T>
void optimal_fill_of(const Profile& profile, std::span<const Subject> subjects, const Matrix& posteriors,
                     Matrix& out) {
  std::fill_n(out.cells.data(), out.row_floats(), kNever);
  for (int t = 0; t < out.targets; ++t)
    out.special(t, 0) = {.end = kNever, .n = 0, .j = kNever, .begin = 0, .c = kNever, .scale = 1};
  for (int r = 1; r <= out.length; ++r) {
    float begin[T], best[T];
    for (int t = 0; t < T; ++t)
      begin[t] = t < out.targets && r > out.start[t] ? out.special(t, r - out.start[t] - 1).begin : kNever;
    fill_row<T>(profile, posteriors.row(r), spread<T>(begin), out.row(r - 1), out.row(r), best);
    for (int t = 0; t < out.targets; ++t) {
      const int i = r - out.start[t];
      if (i < 1) {
        clear_target(out, r, t);
        continue;
      }
      const LengthModel& model = subjects[t].model;
      const bool loops = model.loop != 0.f, jumps = model.end_to_j != 0.f, moves = model.move != 0.f;
      const Specials &last = out.special(t, i - 1), &p = posteriors.special(t, i);
      Specials& x = out.special(t, i);
      x.end = best[t];
      x.j = std::max(loops ? last.j + p.j : 0.f, jumps ? x.end : 0.f);
      x.c = std::max(loops ? last.c + p.c : 0.f, x.end);
      x.n = loops ? last.n + p.n : 0.f;
      x.begin = std::max(moves ? x.n : 0.f, moves ? x.j : 0.f);
    }
  }
}

// Calls action.operator()<T>(), where T is the number of targets that a matrix has room for.
template <class Action>
void by_targets(int lanes, Action&& action) {
  if (lanes == 4) return action.template operator()<1>();
  if constexpr (kWidest >= 2) {
    if (lanes == 8) return action.template operator()<2>();
  }
  if constexpr (kWidest >= 4) {
    if (lanes == 16) return action.template operator()<4>();
  }
}

int targets_at_a_time() { return kWidest; }

void forward(const Profile& profile, std::span<const Subject> subjects, Matrix& out, float* scores) {
  by_targets(out.lanes, [&]<int T>() HWY_ATTR { forward_of<T>(profile, subjects, out, scores); });
}

void backward(const Profile& profile, std::span<const Subject> subjects, const Matrix& forward, Matrix& out,
              bool* usable) {
  by_targets(out.lanes, [&]<int T>() HWY_ATTR { backward_of<T>(profile, subjects, forward, out, usable); });
}

void decode(std::span<const Subject> subjects, const Matrix& forward, Matrix& backward, bool* usable) {
  by_targets(backward.lanes, [&]<int T>() HWY_ATTR { decode_of<T>(subjects, forward, backward, usable); });
}

void null2_of_posteriors(const Profile& profile, const Matrix& posteriors, float* odds) {
  by_targets(posteriors.lanes, [&]<int T>() HWY_ATTR { null2_of<T>(profile, posteriors, odds); });
}

void null2_of_cells(const Profile& profile, const float* usage, float* odds) {
  const float rest = 0;
  residue_odds<1>(profile, usage, &rest, odds);
}

void optimal_fill(const Profile& profile, std::span<const Subject> subjects, const Matrix& posteriors,
                  Matrix& out) {
  by_targets(out.lanes, [&]<int T>() HWY_ATTR { optimal_fill_of<T>(profile, subjects, posteriors, out); });
}

}  // namespace pleat::profile::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace pleat::profile {
namespace {

HWY_EXPORT(targets_at_a_time);
HWY_EXPORT(forward);
HWY_EXPORT(backward);
HWY_EXPORT(decode);
HWY_EXPORT(null2_of_posteriors);
HWY_EXPORT(null2_of_cells);
HWY_EXPORT(optimal_fill);

int lanes_for(size_t targets) { return targets == 1 ? 4 : targets == 2 ? 8 : 16; }

int longest(std::span<const Subject> subjects) {
  size_t length = 0;
  for (const Subject& subject : subjects) length = std::max(length, subject.codes.size());
  return static_cast<int>(length);
}

// A degenerate code gets the mean odds of its members.
void set_degenerate(float* odds) {
  for (int x = kResidues; x < kCodes; ++x) {
    float sum = 0;
    for (const int y : members(x)) sum += odds[y];
    odds[x] = members(x).empty() ? 1.f : sum / static_cast<float>(members(x).size());
  }
}

}  // namespace

size_t Matrix::full_bytes(const Profile& profile, std::span<const Subject> subjects) {
  return (static_cast<size_t>(longest(subjects)) + 1) * profile.vectors * kCells *
         lanes_for(subjects.size()) * sizeof(float);
}

void Matrix::resize(const Profile& profile, std::span<const Subject> subjects, bool full_matrix) {
  full = full_matrix;
  length = longest(subjects);
  vectors = profile.vectors;
  targets = static_cast<int>(subjects.size());
  lanes = lanes_for(subjects.size());
  for (int t = 0; t < targets; ++t) start[t] = length - static_cast<int>(subjects[t].codes.size());
  const size_t count = (full ? length + 1 : 1) * row_floats();
  if (cells.size() < count) cells.resize(count);
  specials.resize(static_cast<size_t>(targets) * (length + 1));
}

int targets_at_a_time() { return HWY_DYNAMIC_DISPATCH(targets_at_a_time)(); }

void forward(const Profile& profile, std::span<const Subject> subjects, bool full, Matrix& out,
             float* scores) {
  out.resize(profile, subjects, full);
  HWY_DYNAMIC_DISPATCH(forward)(profile, subjects, out, scores);
}

void backward(const Profile& profile, std::span<const Subject> subjects, const Matrix& forward, bool full,
              Matrix& out, bool* usable) {
  out.resize(profile, subjects, full);
  HWY_DYNAMIC_DISPATCH(backward)(profile, subjects, forward, out, usable);
}

void decode(std::span<const Subject> subjects, const Matrix& forward, Matrix& backward, bool* usable) {
  HWY_DYNAMIC_DISPATCH(decode)(subjects, forward, backward, usable);
}

void null2_of_posteriors(const Profile& profile, const Matrix& posteriors, float* odds) {
  HWY_DYNAMIC_DISPATCH(null2_of_posteriors)(profile, posteriors, odds);
  for (int t = 0; t < posteriors.targets; ++t) set_degenerate(odds + t * kCodes);
}

void null2_of_cells(const Profile& profile, const AlignedVector<float>& usage, float* odds) {
  HWY_DYNAMIC_DISPATCH(null2_of_cells)(profile, usage.data(), odds);
  set_degenerate(odds);
}

void optimal_fill(const Profile& profile, std::span<const Subject> subjects, const Matrix& posteriors,
                  Matrix& out) {
  out.resize(profile, subjects, true);
  HWY_DYNAMIC_DISPATCH(optimal_fill)(profile, subjects, posteriors, out);
}

}  // namespace pleat::profile
#endif  // HWY_ONCE
