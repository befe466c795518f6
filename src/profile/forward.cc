#include "profile/forward.h"

#include <cmath>
#include <limits>

namespace pleat::profile {
namespace {

bool usable(float x) { return !std::isnan(x) && x != 0.f && !(std::isinf(x) && x > 0); }

void scale_row(Float4* row, int vectors, float factor) {
  for (int q = 0; q < vectors * kCells; ++q) row[q] *= all(factor);
}

bool any_greater(Float4 a, Float4 b) {
  const auto greater = a > b;
  return greater[0] | greater[1] | greater[2] | greater[3];
}

// Match, insert and the first part of delete; returns the last delete's successor and adds to `ends`.
Float4 forward_cells(const Profile& profile, const Float4* odds, float begin, Float4* row, Float4& ends) {
  const int vectors = profile.vectors;
  const Float4* t = profile.transition.data();
  Float4 pending{}, m = shifted_up(row[(vectors - 1) * kCells + kMatch]),
                    d = shifted_up(row[(vectors - 1) * kCells + kDelete]),
                    i = shifted_up(row[(vectors - 1) * kCells + kInsert]);
  const Float4 begins = all(begin);
  for (int q = 0; q < vectors; ++q, t += kTransitions) {
    Float4* cell = row + q * kCells;
    Float4 s = begins * t[kBM];
    s = s + m * t[kMM];
    s = s + i * t[kIM];
    s = s + d * t[kDM];
    s = s * odds[q];
    ends = ends + s;
    m = cell[kMatch], d = cell[kDelete], i = cell[kInsert];
    cell[kMatch] = s;
    cell[kDelete] = pending;
    pending = s * t[kMD];
    cell[kInsert] = m * t[kMI] + i * t[kII];
  }
  return pending;
}

void forward_deletes(const Profile& profile, Float4* row, Float4 pending) {
  const int vectors = profile.vectors;
  const Float4* t = profile.transition.data();
  pending = shifted_up(pending);
  row[kDelete] = Float4{};
  for (int q = 0; q < vectors; ++q) {
    Float4& d = row[q * kCells + kDelete];
    d = pending + d;
    pending = d * t[q * kTransitions + kDD];
  }
  for (int pass = 1; pass < 4; ++pass) {
    pending = shifted_up(pending);
    bool grew = false;
    for (int q = 0; q < vectors; ++q) {
      Float4& d = row[q * kCells + kDelete];
      const Float4 sum = pending + d;
      grew = grew || any_greater(sum, d);
      d = sum;
      pending = pending * t[q * kTransitions + kDD];
    }
    if (profile.length >= 100 && !grew) break;
  }
}

void backward_deletes(const Profile& profile, Float4* row, Float4 previous, Float4 ends, bool last_row) {
  const int vectors = profile.vectors;
  const Float4* t = profile.transition.data();
  Float4 pending{};
  for (int q = vectors - 1; q >= 0; --q) {
    Float4& d = row[q * kCells + kDelete];
    pending = previous * t[q * kTransitions + kDD];
    d = last_row ? d + pending : d + (pending + ends);
    previous = d;
    if (!last_row) row[q * kCells + kMatch] += ends;
  }
  for (int pass = 1; pass < 4; ++pass) {
    pending = shifted_down(pending);
    for (int q = vectors - 1; q >= 0; --q) {
      pending = pending * t[q * kTransitions + kDD];
      row[q * kCells + kDelete] += pending;
    }
  }
  Float4 next = shifted_down(row[kDelete]);
  for (int q = vectors - 1; q >= 0; --q) {
    row[q * kCells + kMatch] += next * t[q * kTransitions + kMD];
    next = row[q * kCells + kDelete];
  }
}

// Row i from row i+1 but for what the row's own end adds; returns the chance of a begin.
float backward_cells(const Profile& profile, const Float4* odds, const Float4* after, Float4* row) {
  const int vectors = profile.vectors;
  const Float4* first = profile.transition.data();
  Float4 mm = shifted_down(first[kMM]), im = shifted_down(first[kIM]), dm = shifted_down(first[kDM]);
  Float4 m = shifted_down(after[kMatch] * odds[0]), begins{};
  for (int q = vectors - 1; q >= 0; --q) {
    const Float4* t = first + q * kTransitions;
    Float4* cell = row + q * kCells;
    const Float4 i = after[q * kCells + kInsert], m_after = after[q * kCells + kMatch];
    cell[kInsert] = i * t[kII] + m * im;
    cell[kDelete] = m * dm;
    cell[kMatch] = i * t[kMI] + m * mm;
    m = m_after * odds[q];
    dm = t[kDM], im = t[kIM], mm = t[kMM];
    begins = begins + m * t[kBM];
  }
  return total(begins);
}

void rescale(Specials& x, Float4* row, int vectors) {
  if (!(x.scale > 1.0f)) return;
  x.end /= x.scale, x.n /= x.scale, x.j /= x.scale, x.begin /= x.scale, x.c /= x.scale;
  scale_row(row, vectors, static_cast<float>(1.0 / x.scale));
}

}  // namespace

void Matrix::resize(const Profile& profile, int target_length, bool full_matrix) {
  full = full_matrix;
  length = target_length;
  vectors = profile.vectors;
  const size_t count = static_cast<size_t>(full ? length + 1 : 1) * vectors * kCells;
  if (cells.size() < count) cells.resize(count);
  rows.resize(length + 1);
}

float forward(const Profile& profile, const LengthModel& model, Target target, bool full, Matrix& out) {
  const int length = static_cast<int>(target.size()), vectors = profile.vectors;
  out.resize(profile, length, full);
  out.own_scales = true;
  for (int q = 0; q < vectors * kCells; ++q) out.cells[q] = Float4{};
  Specials x;
  x.n = 1, x.begin = model.move;
  out.rows[0] = x;
  float logs = 0;
  for (int i = 1; i <= length; ++i) {
    Float4* row = out.row(i);
    if (full) std::copy(out.row(i - 1), out.row(i - 1) + vectors * kCells, row);
    Float4 ends{};
    const Float4 pending = forward_cells(profile, profile.odds[target[i - 1]].data(), x.begin, row, ends);
    forward_deletes(profile, row, pending);
    for (int q = 0; q < vectors; ++q) ends = row[q * kCells + kDelete] + ends;
    x.end = total(ends);
    x.n = x.n * model.loop;
    x.c = x.c * model.loop + x.end * model.end_to_c;
    x.j = x.j * model.loop + x.end * model.end_to_j;
    x.begin = x.j * model.move + x.n * model.move;
    x.scale = 1;
    if (x.end > 1.0e4f) {
      x.scale = x.end;
      x.n /= x.end, x.c /= x.end, x.j /= x.end, x.begin /= x.end;
      scale_row(row, vectors, static_cast<float>(1.0 / x.end));
      logs = static_cast<float>(logs + std::log(static_cast<double>(x.end)));
      x.end = 1;
    }
    out.rows[i] = x;
  }
  if (!usable(x.c)) return std::numeric_limits<float>::quiet_NaN();
  return static_cast<float>(logs + std::log(static_cast<double>(x.c * model.move)));
}

bool backward(const Profile& profile, const LengthModel& model, Target target, const Matrix& forward,
              bool full, Matrix& out) {
  const int length = static_cast<int>(target.size()), vectors = profile.vectors;
  out.resize(profile, length, full);
  out.own_scales = false;
  Specials x;
  x.c = model.move;
  x.end = x.c * model.end_to_c;
  Float4* row = out.row(length);
  for (int q = 0; q < vectors; ++q) {
    row[q * kCells + kMatch] = row[q * kCells + kDelete] = all(x.end);
    row[q * kCells + kInsert] = Float4{};
  }
  backward_deletes(profile, row, shifted_down(row[kDelete]), Float4{}, true);
  x.scale = forward.rows[length].scale;
  rescale(x, row, vectors);
  out.rows[length] = x;
  for (int i = length - 1; i >= 1; --i) {
    row = out.row(i);
    x.begin = backward_cells(profile, profile.odds[target[i]].data(), out.row(i + 1), row);
    x.c = x.c * model.loop;
    x.j = x.begin * model.move + x.j * model.loop;
    x.n = x.begin * model.move + x.n * model.loop;
    x.end = x.c * model.end_to_c + x.j * model.end_to_j;
    backward_deletes(profile, row, shifted_down(row[kDelete] + all(x.end)), all(x.end), false);
    if (x.begin > 1.0e16f) out.own_scales = true;
    x.scale = out.own_scales ? (x.begin > 1.0e4f ? x.begin : 1.0f) : forward.rows[i].scale;
    rescale(x, row, vectors);
    out.rows[i] = x;
  }
  Float4 begins{};
  const Float4* first = out.row(1);
  for (int q = 0; q < vectors; ++q) {
    begins = begins + (first[q * kCells + kMatch] * profile.odds[target[0]][q]) *
                          profile.transition[q * kTransitions + kBM];
  }
  Specials start;
  start.begin = total(begins);
  start.n = start.begin * model.move + x.n * model.loop;
  out.rows[0] = start;
  return usable(start.n);
}

bool decode(const LengthModel& model, const Matrix& forward, Matrix& backward) {
  float product = static_cast<float>(1.0 / backward.rows[0].n);
  const int count = backward.vectors;
  for (int q = 0; q < count * kCells; ++q) backward.cells[q] = Float4{};
  for (int i = 1; i <= backward.length; ++i) {
    const Float4* f = forward.row(i);
    Float4* p = backward.row(i);
    const Float4 whole = all(product * forward.rows[i].scale);
    for (int q = 0; q < count; ++q, f += kCells, p += kCells) {
      p[kMatch] = (f[kMatch] * p[kMatch]) * whole;
      p[kDelete] = Float4{};
      p[kInsert] = (f[kInsert] * p[kInsert]) * whole;
    }
    const Specials b = backward.rows[i];
    const Specials& before = forward.rows[i - 1];
    Specials& x = backward.rows[i];
    x.n = before.n * b.n * model.loop * product;
    x.j = before.j * b.j * model.loop * product;
    x.c = before.c * b.c * model.loop * product;
    x.end = x.begin = 0;
    if (backward.own_scales) product *= forward.rows[i].scale / b.scale;
  }
  return !std::isinf(product);
}

}  // namespace pleat::profile
