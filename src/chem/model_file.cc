#include "chem/model_file.h"

#include <charconv>
#include <gemmi/cifdoc.hpp>
#include <map>
#include <tuple>

#include "base/error.h"
#include "chem/cif_text.h"

namespace pleat::chem {
namespace {

using Rows = std::vector<std::string>;

// Two columns of one category as a map.
std::map<std::string, std::string> column_map(const gemmi::cif::Block& block, const std::string& key,
                                              const std::string& value) {
  const Rows keys = cif_column(block, key);
  const Rows values = cif_column(block, value, keys.size(), "?");
  std::map<std::string, std::string> found;
  for (size_t i = 0; i < keys.size(); ++i) found.emplace(keys[i], values[i]);
  return found;
}

ChainType type_of_polymer(const std::string& mmcif_type) {
  if (mmcif_type.find("polydeoxyribonucleotide") != std::string::npos) return ChainType::dna;
  return mmcif_type.find("polyribonucleotide") != std::string::npos ? ChainType::rna : ChainType::protein;
}

int residue_number(const std::string& text) {
  int number = 0;
  const auto [end, status] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (status != std::errc() || end != text.data() + text.size())
    throw Error("_atom_site.auth_seq_id", "found '" + text + "', an integer is needed");
  return number;
}

// The columns of _atom_site, and what they make.
class AtomReader {
 public:
  explicit AtomReader(const gemmi::cif::Block& block)
      : chain_(cif_column(block, "_atom_site.label_asym_id")),
        rows_(chain_.size()),
        entity_(column(block, "label_entity_id")),
        residue_(column(block, "label_comp_id")),
        number_(column(block, "auth_seq_id")),
        name_(column(block, "label_atom_id")),
        element_(column(block, "type_symbol")),
        coordinates_{column(block, "Cartn_x"), column(block, "Cartn_y"), column(block, "Cartn_z")},
        plddt_(column(block, "B_iso_or_equiv")),
        entity_type_(column_map(block, "_entity.id", "_entity.type")),
        polymer_type_(column_map(block, "_entity_poly.entity_id", "_entity_poly.type")) {
    if (rows_ == 0) throw Error("", "the file has no atoms (_atom_site)");
  }

  ModelFile read() {
    ModelFile model;
    for (size_t row = 0; row < rows_; ++row) add(row, model);
    return model;
  }

 private:
  Rows column(const gemmi::cif::Block& block, const std::string& key) const {
    return cif_column(block, "_atom_site." + key, rows_, "?");
  }

  ModelFile::Chain chain(size_t row) const {
    ModelFile::Chain made;
    made.id = chain_[row];
    const auto polymer = polymer_type_.find(entity_[row]);
    const auto other = entity_type_.find(entity_[row]);
    if (polymer != polymer_type_.end()) {
      made.type = type_of_polymer(polymer->second);
      made.mmcif_type = polymer->second;
    } else {
      made.type = ChainType::ligand;
      made.mmcif_type = other == entity_type_.end() ? "non-polymer" : other->second;
    }
    return made;
  }

  void add(size_t row, ModelFile& model) const {
    auto& chains = model.chains;
    if (chains.empty() || chains.back().id != chain_[row]) chains.push_back(chain(row));
    auto& residues = chains.back().residues;
    const int number = residue_number(number_[row]);
    if (residues.empty() || residues.back().number != number) residues.push_back({residue_[row], number});
    ModelFile::Atom& atom = model.atoms.emplace_back();
    atom.chain = static_cast<int>(chains.size()) - 1;
    atom.residue = static_cast<int>(residues.size()) - 1;
    atom.name = name_[row];
    atom.element = element_[row];
    for (size_t axis = 0; axis < 3; ++axis) atom.position[axis] = parse_coordinate(coordinates_[axis][row]);
    atom.plddt = parse_coordinate(plddt_[row]);
  }

  Rows chain_;
  size_t rows_;
  Rows entity_, residue_, number_, name_, element_;
  std::array<Rows, 3> coordinates_;
  Rows plddt_;
  std::map<std::string, std::string> entity_type_, polymer_type_;
};

using AtomKey = std::tuple<std::string, std::string, std::string>;  // chain, residue number, atom

void add_bonds(const gemmi::cif::Block& block, ModelFile& model) {
  std::map<AtomKey, int> atoms;
  for (size_t a = 0; a < model.atoms.size(); ++a) {
    const ModelFile::Atom& atom = model.atoms[a];
    const ModelFile::Chain& chain = model.chains[static_cast<size_t>(atom.chain)];
    const int number = chain.residues[static_cast<size_t>(atom.residue)].number;
    atoms.emplace(AtomKey{chain.id, std::to_string(number), atom.name}, static_cast<int>(a));
  }
  const auto ends = [&](const std::string& partner) {
    const Rows chains = cif_column(block, "_struct_conn." + partner + "_label_asym_id");
    const Rows numbers = cif_column(block, "_struct_conn." + partner + "_auth_seq_id", chains.size(), "?");
    const Rows names = cif_column(block, "_struct_conn." + partner + "_label_atom_id", chains.size(), "?");
    std::vector<int> found;
    for (size_t i = 0; i < chains.size(); ++i) {
      const auto atom = atoms.find({chains[i], numbers[i], names[i]});
      found.push_back(atom == atoms.end() ? -1 : atom->second);
    }
    return found;
  };
  const std::vector<int> first = ends("ptnr1");
  const std::vector<int> second = ends("ptnr2");
  for (size_t i = 0; i < std::min(first.size(), second.size()); ++i)
    if (first[i] >= 0 && second[i] >= 0) model.bonds.push_back({first[i], second[i]});
}

}  // namespace

ModelFile read_model_file(std::string_view cif_text) {
  const gemmi::cif::Block block = parse_cif_block(cif_text, "");
  ModelFile model = AtomReader(block).read();
  const auto smiles = column_map(block, "_chem_comp.id", "_chem_comp.pdbx_smiles");
  for (ModelFile::Chain& chain : model.chains) {
    // The components that pleat and AlphaFold 3 name after a chain are those of SMILES.
    const std::string& name = chain.residues.front().name;
    const auto found = smiles.find(name);
    if (name.starts_with("LIG_") && found != smiles.end() && found->second != "?")
      chain.smiles = found->second;
  }
  add_bonds(block, model);
  model.software = cif_first(block, "_software.name");
  model.version = cif_first(block, "_software.version");
  // AlphaFold 3 writes the bytes of the weights' identifier as they are.
  std::erase_if(model.version, [](unsigned char c) { return c < 0x20 || c == 0x7F; });
  return model;
}

}  // namespace pleat::chem
