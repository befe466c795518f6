// Forward and Backward in four-lane float arithmetic, whose order of operations is part of the result, and
// what is derived from them. Wider vectors hold several targets side by side, four lanes each, so that every
// target's bits are those of four lanes. docs/specs/hmmer-search.md, sections 3, "4-lane contract", and 4.
#pragma once

#include <span>
#include <vector>

#include "profile/profile.h"

namespace pleat::profile {

struct Specials {
  float end = 0, n = 0, j = 0, begin = 0, c = 0, scale = 1;
};

enum Cell { kMatch, kDelete, kInsert, kCells };

inline constexpr int kMostTargets = 4;

// A target, or part of one, and the model of the length of all of it.
struct Subject {
  Target codes;
  LengthModel model;
};

// How many targets fill the vectors of the instruction set in use: 2 or 4.
int targets_at_a_time();

// Targets end together: the row r of all is row r - start[t] of target t, whose rows before row 0 are empty.
struct Matrix {
  void resize(const Profile& profile, std::span<const Subject> subjects, bool full_matrix);
  size_t row_floats() const { return static_cast<size_t>(vectors) * kCells * lanes; }
  float* row(int r) { return &cells[full ? r * row_floats() : 0]; }
  const float* row(int r) const { return &cells[full ? r * row_floats() : 0]; }
  Specials& special(int t, int i) { return specials[static_cast<size_t>(t) * (length + 1) + start[t] + i]; }
  const Specials& special(int t, int i) const {
    return specials[static_cast<size_t>(t) * (length + 1) + start[t] + i];
  }
  // Row i of target t at node k, from 1; 0 for k = 0.
  float at(int t, int i, int k, Cell cell) const {
    return k == 0 ? 0.f : lanes_of(t, i, (k - 1) % vectors, cell)[(k - 1) / vectors];
  }
  // The four lanes of a vector of nodes.
  const float* lanes_of(int t, int i, int q, Cell cell) const {
    return row(i + start[t]) + (static_cast<size_t>(q) * kCells + cell) * lanes + t * 4;
  }
  // Bytes of a full matrix for these targets.
  static size_t full_bytes(const Profile& profile, std::span<const Subject> subjects);
  // Gives large memory back.
  void release() { AlignedVector<float>().swap(cells); }

  bool full = false;  // all rows of cells, or one alone
  int length = 0;     // of the longest target
  int vectors = 0, targets = 0, lanes = 0;
  int start[kMostTargets] = {};
  bool own_scales[kMostTargets] = {};
  AlignedVector<float> cells;      // [row][vector][cell][target][lane]
  std::vector<Specials> specials;  // [target][row]
};

// The score of each target in nats; NaN where HMMER would give up (no finite, positive chance).
void forward(const Profile& profile, std::span<const Subject> subjects, bool full, Matrix& out,
             float* scores);
// False for each target where HMMER would give up.
void backward(const Profile& profile, std::span<const Subject> subjects, const Matrix& forward, bool full,
              Matrix& out, bool* usable);
// Posteriors of each cell, into `backward`. False for each target where they are out of range.
void decode(std::span<const Subject> subjects, const Matrix& forward, Matrix& backward, bool* usable);
// The odds of each code in each target, given how often each node emits: [target][code].
void null2_of_posteriors(const Profile& profile, const Matrix& posteriors, float* odds);
// The same of one target whose nodes emit as the Match and Insert cells of `usage` say.
void null2_of_cells(const Profile& profile, const AlignedVector<float>& usage, float* odds);
// The best sum of posteriors on a path to each cell.
void optimal_fill(const Profile& profile, std::span<const Subject> subjects, const Matrix& posteriors,
                  Matrix& out);

}  // namespace pleat::profile
