// Forward and Backward in four-lane float arithmetic, whose order of operations is part of the result, and
// what is derived from them. docs/specs/hmmer-search.md, sections 3, "4-lane contract", and 4.
#pragma once

#include <span>
#include <vector>

#include "profile/profile.h"

namespace pleat::profile {

using Target = std::span<const uint8_t>;

struct Specials {
  float end = 0, n = 0, j = 0, begin = 0, c = 0, scale = 1;
};

enum Cell { kMatch, kDelete, kInsert, kCells };

struct Matrix {
  void resize(const Profile& profile, int target_length, bool full_matrix);
  Float4* row(int i) { return &cells[full ? static_cast<size_t>(i) * vectors * kCells : 0]; }
  const Float4* row(int i) const { return &cells[full ? static_cast<size_t>(i) * vectors * kCells : 0]; }
  float at(int i, int k, Cell cell) const {  // node k, from 1; 0 for k = 0
    return k == 0 ? 0.f : row(i)[((k - 1) % vectors) * kCells + cell][(k - 1) / vectors];
  }

  bool full = false;  // all rows of cells, or one alone
  int length = 0, vectors = 0;
  bool own_scales = false;
  std::vector<Float4> cells;
  std::vector<Specials> rows;
};

inline Float4 shifted_up(Float4 v, float fill = 0) { return Float4{fill, v[0], v[1], v[2]}; }
inline Float4 shifted_down(Float4 v) { return Float4{v[1], v[2], v[3], 0}; }
inline Float4 all(float x) { return Float4{x, x, x, x}; }
inline float total(Float4 v) { return (v[0] + v[1]) + (v[2] + v[3]); }

// The score in nats; NaN where HMMER would give up (no finite, positive chance).
float forward(const Profile& profile, const LengthModel& model, Target target, bool full, Matrix& out);
// False where HMMER would give up.
bool backward(const Profile& profile, const LengthModel& model, Target target, const Matrix& forward,
              bool full, Matrix& out);
// Posteriors of each cell, into `backward`. False: out of range.
bool decode(const LengthModel& model, const Matrix& forward, Matrix& backward);

}  // namespace pleat::profile
