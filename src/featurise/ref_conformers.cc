#include "featurise/ref_conformers.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "base/log.h"
#include "random/numpy_random.h"

namespace pleat::featurise {
namespace {

using Vector = std::array<double, 3>;

double dot(const Vector& a, const Vector& b) { return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]; }

Vector scaled(const Vector& v, double factor) { return {v[0] * factor, v[1] * factor, v[2] * factor}; }

Vector unit(const Vector& v) {
  const double length = std::max(1e-10, std::sqrt(dot(v, v)));
  return {v[0] / length, v[1] / length, v[2] / length};
}

Vector cross(const Vector& a, const Vector& b) {
  return {a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]};
}

// What one residue takes from the random stream.
struct Draw {
  uint32_t conformer_seed = 0;
  Vector axis_0, axis_1, translation;
};

Draw draw(random::NumpyRandomState& random, bool has_molecule) {
  Draw result;
  if (has_molecule) result.conformer_seed = static_cast<uint32_t>(random.randint(1, int64_t{1} << 31));
  for (Vector* vector : {&result.axis_0, &result.axis_1, &result.translation}) {
    for (double& component : *vector) component = random.normal();
  }
  return result;
}

// Centres the atoms, rotates by the frame that Gram-Schmidt makes of the two axes (rows e0, e1, e2) and
// translates. Centre in float32, the rest in float64.
void augment(std::vector<ReferenceAtom>& atoms, const Draw& draw) {
  std::array<float, 3> centre{};
  for (const ReferenceAtom& atom : atoms) {
    for (size_t i = 0; i < 3; ++i) centre[i] += atom.position[i];
  }
  for (float& c : centre) c /= static_cast<float>(atoms.size());

  const Vector e0 = unit(draw.axis_0);
  const Vector along = scaled(e0, dot(draw.axis_1, e0));
  const Vector e1 = unit({draw.axis_1[0] - along[0], draw.axis_1[1] - along[1], draw.axis_1[2] - along[2]});
  const Vector rows[3] = {e0, e1, cross(e0, e1)};
  for (ReferenceAtom& atom : atoms) {
    Vector p;
    for (size_t i = 0; i < 3; ++i) p[i] = atom.position[i] - centre[i];
    for (size_t i = 0; i < 3; ++i) {
      atom.position[i] = static_cast<float>(dot(rows[i], p) + draw.translation[i]);
    }
  }
}

std::vector<ReferenceAtom> from_conformer(const chem::Conformer& conformer) {
  std::vector<ReferenceAtom> atoms;
  for (const chem::Conformer::Atom& atom : conformer.atoms) {
    atoms.push_back({atom.name, atom.position, atom.atomic_number, atom.charge});
  }
  return atoms;
}

int charge_of(const chem::ComponentAtom& atom, const std::string& where) {
  if (atom.charge == "?") return 0;
  const std::optional<int> charge = chem::parse_charge(atom.charge);
  if (!charge) throw Error(where, "the charge '" + atom.charge + "' is no integer", "Correct the component.");
  return *charge;
}

// The component's own coordinates: ideal ones, or where any is unknown and the component is old enough the
// model's; unknown ones are 0.
std::vector<ReferenceAtom> from_component(const chem::Component& component,
                                          const std::string& max_modified_date, const std::string& where) {
  const bool all_ideal = std::all_of(component.atoms.begin(), component.atoms.end(),
                                     [](const chem::ComponentAtom& atom) { return atom.ideal.has_value(); });
  const std::string& date = component.modified_date;
  const bool dated = !date.empty() && date != "?";
  const bool use_model = !all_ideal && dated && date < max_modified_date;
  std::vector<ReferenceAtom> atoms;
  bool all_known = true;
  for (const chem::ComponentAtom& atom : component.atoms) {
    const auto& position = use_model ? atom.model : atom.ideal;
    all_known = all_known && position;
    atoms.push_back({atom.name, position.value_or(std::array<float, 3>{}), chem::atomic_number(atom.element),
                     charge_of(atom, where)});
  }
  if (!all_known) log_warning("{}: reference positions of {} are unknown", where, component.id);
  return atoms;
}

std::string place(const Structure& structure, const Token& token) {
  return "chain " + chain_of(structure, token).id + ", residue " + std::to_string(token.residue + 1) + " (" +
         residue_of(structure, token).name + ")";
}

// The conformer of one residue, or its component's own coordinates, placed by the draw.
std::vector<ReferenceAtom> make_atoms(const Residue& residue, const chem::Molecule* molecule,
                                      const Draw& draw, const ConformerSettings& settings,
                                      const std::string& where) {
  std::optional<chem::Conformer> conformer;
  if (molecule) conformer = molecule->embed(draw.conformer_seed, settings.max_iterations);
  std::vector<ReferenceAtom> atoms =
      conformer ? from_conformer(*conformer)
                : from_component(*residue.component, settings.max_modified_date, where);
  augment(atoms, draw);
  return atoms;
}

}  // namespace

const ReferenceAtom* ReferenceResidue::find(const std::string& name) const {
  const auto found =
      std::find_if(atoms.begin(), atoms.end(), [&](const ReferenceAtom& atom) { return atom.name == name; });
  return found == atoms.end() ? nullptr : &*found;
}

MoleculeCache::MoleculeCache(const Structure& structure) {
  for (const StructureChain& chain : structure.chains) {
    for (const Residue& residue : chain.residues) {
      if (by_component_.contains(residue.component)) continue;
      by_component_[residue.component] =
          chain.molecule ? chain.molecule : chem::Molecule::from_component(*residue.component);
    }
  }
}

const chem::Molecule* MoleculeCache::find(const Residue& residue) const {
  return by_component_.at(residue.component).get();
}

std::vector<ReferenceResidue> reference_conformers(const Structure& structure, const Tokens& tokens,
                                                   const MoleculeCache& molecules,
                                                   const ConformerSettings& settings, ThreadPool& pool) {
  random::NumpyRandomState random(settings.seed);
  std::vector<ReferenceResidue> residues;
  std::vector<Draw> draws;
  for (const Token& token : tokens.tokens) {
    if (!residues.empty() && residues.back().token.same_residue(token)) continue;
    residues.push_back({token, {}});
    draws.push_back(draw(random, molecules.find(residue_of(structure, token)) != nullptr));
  }
  pool.run(static_cast<int64_t>(residues.size()), [&](int64_t task, int) {
    const Token& token = residues[task].token;
    if (settings.ligands_only && chain_of(structure, token).type != chem::ChainType::ligand) return;
    const Residue& residue = residue_of(structure, token);
    residues[task].atoms =
        make_atoms(residue, molecules.find(residue), draws[task], settings, place(structure, token));
  });
  return residues;
}

void fill_reference(const Structure& structure, const Tokens& tokens,
                    const std::vector<ReferenceResidue>& residues, Batch& batch) {
  const int64_t n = tokens.size();
  batch.ref_pos = Tensor<float>({n, kAtomSlots, 3});
  batch.ref_mask = Tensor<uint8_t>({n, kAtomSlots});
  batch.ref_element = Tensor<int32_t>({n, kAtomSlots});
  batch.ref_charge = Tensor<float>({n, kAtomSlots});
  batch.ref_atom_name_chars = Tensor<int32_t>({n, kAtomSlots, static_cast<int64_t>(chem::kLongestAtomName)});
  batch.ref_space_uid = Tensor<int32_t>({n, kAtomSlots});
  int32_t space = -1;
  for (int64_t t = 0; t < n; ++t) {
    if (space < 0 || !residues[space].token.same_residue(tokens.tokens[t])) ++space;
    const ReferenceResidue& reference = residues[space];
    for (int64_t slot = 0; slot < kAtomSlots; ++slot) {
      batch.ref_space_uid(t, slot) = space;
      const AtomId& id = tokens.atoms.atoms[t * kAtomSlots + slot];
      if (id.blank()) continue;
      const ReferenceAtom* atom = reference.find(id.name);
      if (!atom) {
        log_warning("{}: the reference conformer has no atom {}", place(structure, tokens.tokens[t]),
                    id.name);
        continue;
      }
      std::copy(atom->position.begin(), atom->position.end(), &batch.ref_pos(t, slot));
      batch.ref_mask(t, slot) = 1;
      batch.ref_element(t, slot) = atom->element;
      batch.ref_charge(t, slot) = static_cast<float>(atom->charge);
      for (size_t c = 0; c < atom->name.size(); ++c) {
        batch.ref_atom_name_chars(t, slot, c) = atom->name[c] - 32;
      }
    }
  }
}

}  // namespace pleat::featurise
