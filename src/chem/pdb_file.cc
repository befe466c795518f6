// The only source that includes gemmi's writer of PDB files.
#include "chem/pdb_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <sstream>

#define GEMMI_WRITE_IMPLEMENTATION
#define USE_STD_SNPRINTF
#include <gemmi/to_pdb.hpp>

#include "chem/standard_residues.h"

namespace pleat::chem {
namespace {

gemmi::PolymerType polymer_type(ChainType type) {
  switch (type) {
    case ChainType::protein:
      return gemmi::PolymerType::PeptideL;
    case ChainType::rna:
      return gemmi::PolymerType::Rna;
    case ChainType::dna:
      return gemmi::PolymerType::Dna;
    default:
      return gemmi::PolymerType::Unknown;
  }
}

gemmi::EntityType entity_type(const ModelFile::Chain& chain) {
  return chain.type == ChainType::ligand ? gemmi::EntityType::NonPolymer : gemmi::EntityType::Polymer;
}

gemmi::Entity entity_of(const ModelFile::Chain& chain) {
  gemmi::Entity entity(chain.id);
  entity.entity_type = entity_type(chain);
  entity.polymer_type = polymer_type(chain.type);
  entity.subchains = {chain.id};
  if (chain.type != ChainType::ligand)
    for (const ModelFile::Residue& residue : chain.residues) entity.full_sequence.push_back(residue.name);
  return entity;
}

gemmi::Chain chain_of(const ModelFile::Chain& chain) {
  gemmi::Chain made(chain.id);
  for (const ModelFile::Residue& of : chain.residues) {
    gemmi::Residue& residue = made.residues.emplace_back();
    residue.name = of.name;
    residue.seqid = gemmi::SeqId(of.number, ' ');
    residue.subchain = residue.entity_id = chain.id;
    residue.entity_type = entity_type(chain);
    const bool standard = chain.type != ChainType::ligand && is_standard_residue(of.name);
    residue.het_flag = standard ? 'A' : 'H';
  }
  return made;
}

gemmi::Atom atom_of(const ModelFile::Atom& of, int serial) {
  gemmi::Atom atom;
  atom.name = of.name;
  atom.element = gemmi::Element(of.element);
  atom.serial = serial;
  const auto& [x, y, z] = of.position;
  atom.pos = gemmi::Position(double(x), double(y), double(z));
  atom.occ = 1;
  atom.b_iso = of.plddt;
  return atom;
}

gemmi::AtomAddress address(const ModelFile& model, int index) {
  const ModelFile::Atom& atom = model.atoms[static_cast<size_t>(index)];
  const ModelFile::Chain& chain = model.chains[static_cast<size_t>(atom.chain)];
  const ModelFile::Residue& residue = chain.residues[static_cast<size_t>(atom.residue)];
  return {chain.id, gemmi::SeqId(residue.number, ' '), residue.name, atom.name, '\0'};
}

void add_chain_obstacles(const ModelFile::Chain& chain, std::vector<std::string>& found) {
  constexpr size_t kResidueName = 3;
  constexpr int kResidueNumber = 9'999;
  if (chain.id.size() > 1)
    found.push_back(
        fmt::format("the id of chain {} has {} characters, a PDB file holds one", chain.id, chain.id.size()));
  for (const auto& [name, number] : chain.residues) {
    if (name.size() > kResidueName)
      found.push_back(fmt::format("chain {} has a residue of the name {}, a PDB file holds {} characters",
                                  chain.id, name, kResidueName));
    if (number <= kResidueNumber) continue;
    found.push_back(fmt::format("chain {} has more than {} residues", chain.id, kResidueNumber));
    return;
  }
}

}  // namespace

std::vector<std::string> pdb_obstacles(const ModelFile& model) {
  constexpr size_t kAtoms = 99'999, kCoordinate = 8;
  std::vector<std::string> found;
  if (model.atoms.size() > kAtoms)
    found.push_back(
        fmt::format("the structure has {} atoms, a PDB file holds {}", model.atoms.size(), kAtoms));
  for (const ModelFile::Chain& chain : model.chains) add_chain_obstacles(chain, found);
  const auto is_too_far = [](const ModelFile::Atom& atom) {
    return std::any_of(atom.position.begin(), atom.position.end(),
                       [](float value) { return fmt::format("{:.3f}", value).size() > kCoordinate; });
  };
  if (std::any_of(model.atoms.begin(), model.atoms.end(), is_too_far))
    found.push_back(fmt::format("a coordinate has more than the {} characters of a PDB file", kCoordinate));
  return found;
}

std::string pdb_text(const std::string& title, const ModelFile& model) {
  gemmi::Structure structure;
  structure.info["_struct.title"] = title;
  gemmi::Model& made = structure.models.emplace_back("1");
  for (const ModelFile::Chain& chain : model.chains) {
    structure.entities.push_back(entity_of(chain));
    made.chains.push_back(chain_of(chain));
  }
  for (size_t a = 0; a < model.atoms.size(); ++a) {
    const ModelFile::Atom& atom = model.atoms[a];
    made.chains[static_cast<size_t>(atom.chain)].residues[static_cast<size_t>(atom.residue)].atoms.push_back(
        atom_of(atom, static_cast<int>(a) + 1));
  }
  for (const auto& [a, b] : model.bonds) {
    gemmi::Connection link;
    link.type = gemmi::Connection::Covale;
    link.partner1 = address(model, a);
    link.partner2 = address(model, b);
    structure.connections.push_back(link);
  }
  std::ostringstream text;
  gemmi::PdbWriteOptions options;
  options.cryst1_record = options.ssbond_records = options.cispep_records = false;
  gemmi::write_pdb(structure, text, options);
  return text.str();
}

}  // namespace pleat::chem
