// Gathers the flat list of atoms from dense slots.
#include "output/predicted_atoms.h"

#include <fmt/format.h>

#include <cmath>

#include "base/error.h"
#include "base/log.h"

namespace pleat::output {
namespace {

std::string atom_name(const featurise::StructureLayout& layout, const featurise::OutputAtom& atom) {
  const featurise::OutputChain& chain = layout.chains[static_cast<size_t>(atom.chain)];
  const featurise::OutputResidue& residue = chain.residues[static_cast<size_t>(atom.residue)];
  return fmt::format("atom {} of {} {} in chain {}", atom.name, residue.name, residue.id, chain.id);
}

constexpr const char* kFix = "Check the weights and the features.";

void check(const Point& position, float plddt, const featurise::StructureLayout& layout,
           const featurise::OutputAtom& atom, const std::string& where) {
  for (const float x : position)
    if (!std::isfinite(x))
      throw Error(where, "the predicted position of " + atom_name(layout, atom) + " is not finite", kFix);
  if (!(plddt >= 0 && plddt <= 100))
    throw Error(where, fmt::format("the pLDDT of {} is {}, outside 0..100", atom_name(layout, atom), plddt),
                kFix);
}

}  // namespace

PredictedAtoms predicted_atoms(const model::Prediction& prediction, int64_t sample,
                               const featurise::StructureLayout& layout, const std::string& where) {
  PredictedAtoms atoms;
  atoms.positions.reserve(layout.atoms.size());
  atoms.plddts.reserve(layout.atoms.size());
  size_t without_slot = 0;
  for (const featurise::OutputAtom& atom : layout.atoms) {
    Point position{};
    float plddt = 0;
    if (atom.slot >= 0) {
      const float* xyz = &prediction.atom_positions(sample, atom.token, atom.slot);
      position = {xyz[0], xyz[1], xyz[2]};
      plddt = prediction.predicted_lddt(sample, atom.token, atom.slot);
    } else {
      ++without_slot;
    }
    check(position, plddt, layout, atom, where);
    atoms.positions.push_back(position);
    atoms.plddts.push_back(plddt);
  }
  if (without_slot > 0)
    log_warning("{}: the network predicts no position for {} atoms; pleat writes them at (0, 0, 0)", where,
                without_slot);
  return atoms;
}

}  // namespace pleat::output
