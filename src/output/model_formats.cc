#include "output/model_formats.h"

#include "base/error.h"
#include "base/log.h"
#include "chem/binary_cif.h"
#include "chem/pdb_file.h"

namespace pleat::output {
namespace {

// Without atoms' positions where `atoms` is nullptr.
chem::ModelFile model_of(const featurise::StructureLayout& layout, const PredictedAtoms* atoms) {
  chem::ModelFile model;
  for (const featurise::OutputChain& chain : layout.chains) {
    chem::ModelFile::Chain& made = model.chains.emplace_back();
    made.id = chain.id;
    made.type = chain.type;
    for (const featurise::OutputResidue& residue : chain.residues)
      made.residues.push_back({residue.name, residue.id});
  }
  for (size_t a = 0; a < layout.atoms.size(); ++a) {
    const featurise::OutputAtom& atom = layout.atoms[a];
    model.atoms.push_back({atom.chain, atom.residue, atom.name, atom.element});
    if (!atoms) continue;
    model.atoms.back().position = atoms->positions[a];
    model.atoms.back().plddt = atoms->plddts[a];
  }
  for (const featurise::OutputBond& bond : layout.bonds) model.bonds.push_back({bond.atom_1, bond.atom_2});
  return model;
}

// Throws Error where a PDB file can't hold the model.
void require_room(const chem::ModelFile& model) {
  const std::vector<std::string> obstacles = chem::pdb_obstacles(model);
  if (!obstacles.empty())
    throw Error("--output_format", "a PDB file can't hold the structure: " + obstacles.front(),
                "Leave pdb out of --output_format.");
}

}  // namespace

std::string extension(ModelFormat format) {
  switch (format) {
    case ModelFormat::pdb:
      return ".pdb";
    case ModelFormat::bcif:
      return ".bcif";
    default:
      return ".cif";
  }
}

void check_format(ModelFormat format, const featurise::StructureLayout& layout) {
  if (format == ModelFormat::pdb) require_room(model_of(layout, nullptr));
}

std::string model_file(ModelFormat format, const featurise::StructureLayout& layout,
                       const PredictedAtoms& atoms, const chem::Ccd& ccd, const ModelCifInfo& info) {
  if (format == ModelFormat::cif) return model_cif(layout, atoms, ccd, info);
  if (format == ModelFormat::bcif)
    return chem::binary_cif(info.name, model_categories(layout, atoms, ccd, info), "pleat");
  const chem::ModelFile model = model_of(layout, &atoms);
  require_room(model);
  return chem::pdb_text(info.name, model);
}

}  // namespace pleat::output
