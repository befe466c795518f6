// Forward, Backward and what follows from them, in four-lane float arithmetic, whose order of operations is
// part of the result. Wider vectors hold several targets side by side in four lanes each, with the same bits.
// docs/specs/hmmer-search.md, sections 3, "4-lane contract", and 4.
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

// A target, or part of one, and the length model of the whole target.
struct Subject {
  Target codes;
  LengthModel model;
};

// The number of targets that fill the vectors of the instruction set in use: 2 or 4.
int targets_at_a_time();

// A matrix of several targets that end together: row r is row r - start[t] of target t; rows before its row 0
// are empty.
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
  // Frees the memory.
  void release() { AlignedVector<float>().swap(cells); }

  bool full = false;  // all rows of cells, or only one
  int length = 0;     // of the longest target
  int vectors = 0, targets = 0, lanes = 0;
  int start[kMostTargets] = {};
  bool own_scales[kMostTargets] = {};
  AlignedVector<float> cells;      // [row][vector][cell][target][lane]
  std::vector<Specials> specials;  // [target][row]
};

// The score of each target in nats; NaN where HMMER would give up (the probability is not finite and
// positive).
void forward(const Profile& profile, std::span<const Subject> subjects, bool full, Matrix& out,
             float* scores);
// `usable` is false for each target where HMMER would give up.
void backward(const Profile& profile, std::span<const Subject> subjects, const Matrix& forward, bool full,
              Matrix& out, bool* usable);
// Writes the posteriors of each cell to `backward`. `usable` is false for each target where they are out of
// range.
void decode(std::span<const Subject> subjects, const Matrix& forward, Matrix& backward, bool* usable);
// The odds of each code in each target, from how often each node emits: [target][code].
void null2_of_posteriors(const Profile& profile, const Matrix& posteriors, float* odds);
// The same for one target; the Match and Insert cells of `usage` say how often its nodes emit.
void null2_of_cells(const Profile& profile, const AlignedVector<float>& usage, float* odds);
// The best sum of posteriors on a path to each cell.
void optimal_fill(const Profile& profile, std::span<const Subject> subjects, const Matrix& posteriors,
                  Matrix& out);

}  // namespace pleat::profile
