#include "featurise/frames.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numeric>

#include "featurise/residue_types.h"

namespace pleat::featurise {
namespace {

using Vector = std::array<float, 3>;

constexpr double kExcluded = 1e8;     // cost of an atom without a position, and of the atom itself
constexpr float kTooShort = 1e-8f;    // Angstrom
constexpr float kColinear = 0.0937f;  // 1 - cos 25 degrees

Vector difference(const Vector& a, const Vector& b) { return {a[0] - b[0], a[1] - b[1], a[2] - b[2]}; }
float dot(const Vector& a, const Vector& b) { return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]; }
float length(const Vector& v) { return std::sqrt(dot(v, v)); }

bool colinear(const Vector& a, const Vector& b, const Vector& c) {
  Vector u = difference(a, b), v = difference(c, b);
  const float u_length = length(u), v_length = length(v);
  if (u_length <= kTooShort || v_length <= kTooShort) return true;
  for (float& x : u) x /= u_length;
  for (float& x : v) x /= v_length;
  return 1 - std::abs(dot(u, v)) < kColinear;
}

// Frames of the tokens of one ligand residue; atoms are nullptr where the conformer lacks them.
std::vector<uint8_t> ligand_frames(const std::vector<const ReferenceAtom*>& atoms) {
  const size_t n = atoms.size();
  std::vector<uint8_t> frames(n);
  if (n < 3) return frames;
  std::vector<Vector> positions(n);
  for (size_t i = 0; i < n; ++i) {
    if (atoms[i]) positions[i] = atoms[i]->position;
  }
  std::vector<double> cost(n);
  std::vector<size_t> nearest(n);
  for (size_t i = 0; i < n; ++i) {
    for (size_t j = 0; j < n; ++j) {
      cost[j] = length(difference(positions[i], positions[j])) + (atoms[j] ? 0 : kExcluded) +
                (i == j ? kExcluded : 0);
    }
    std::iota(nearest.begin(), nearest.end(), size_t{0});
    std::stable_sort(nearest.begin(), nearest.end(), [&](size_t a, size_t b) { return cost[a] < cost[b]; });
    frames[i] = !colinear(positions[nearest[0]], positions[i], positions[nearest[1]]);
  }
  return frames;
}

}  // namespace

void fill_frames(const Structure& structure, const Tokens& tokens,
                 const std::vector<ReferenceResidue>& residues, Batch& batch) {
  batch.frames_mask = Tensor<uint8_t>({tokens.size()});
  size_t token = 0;
  for (const ReferenceResidue& residue : residues) {
    const size_t first = token;
    std::vector<const ReferenceAtom*> atoms;
    for (; token < tokens.tokens.size() && tokens.tokens[token].same_residue(residue.token); ++token) {
      atoms.push_back(residue.find(tokens.representatives.atoms[token].name));
    }
    const bool polymer = is_polymer(chain_of(structure, residue.token).type);
    const std::vector<uint8_t> frames =
        polymer ? std::vector<uint8_t>(atoms.size(), 1) : ligand_frames(atoms);
    std::copy(frames.begin(), frames.end(), batch.frames_mask.data() + first);
  }
}

}  // namespace pleat::featurise
