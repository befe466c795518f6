// Reads components from CIF text: the columns of _chem_comp, _chem_comp_atom, _chem_comp_bond and
// _pdbx_chem_comp_descriptor.
#include "chem/component_cif.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <set>

#include "base/error.h"
#include "base/text.h"
#include "chem/ccd.h"
#include "chem/cif_text.h"

namespace pleat::chem {
namespace cif = gemmi::cif;

namespace {

const std::vector<std::string> kUserColumns = {
    "_chem_comp.id",
    "_chem_comp.name",
    "_chem_comp.type",
    "_chem_comp.formula",
    "_chem_comp.mon_nstd_parent_comp_id",
    "_chem_comp.pdbx_synonyms",
    "_chem_comp.formula_weight",
    "_chem_comp_atom.comp_id",
    "_chem_comp_atom.atom_id",
    "_chem_comp_atom.type_symbol",
    "_chem_comp_atom.charge",
    "_chem_comp_atom.pdbx_model_Cartn_x_ideal",
    "_chem_comp_atom.pdbx_model_Cartn_y_ideal",
    "_chem_comp_atom.pdbx_model_Cartn_z_ideal",
    "_chem_comp_bond.atom_id_1",
    "_chem_comp_bond.atom_id_2",
    "_chem_comp_bond.value_order",
    "_chem_comp_bond.pdbx_aromatic_flag",
};

using Positions = std::vector<std::optional<std::array<float, 3>>>;

// The columns _chem_comp_atom.<x>, <y>, <z> of `atoms`; nullopt where one of the three is unknown.
Positions read_positions(const cif::Block& block, const std::array<std::string, 3>& names,
                         const std::vector<std::string>& atoms) {
  std::array<std::vector<std::string>, 3> columns;
  for (int axis = 0; axis < 3; ++axis) {
    columns[axis] = cif_column(block, "_chem_comp_atom." + names[axis], atoms.size(), "?");
  }
  Positions positions(atoms.size());
  for (size_t row = 0; row < atoms.size(); ++row) {
    const auto known = [row](const auto& column) { return column[row] != "?" && column[row] != "."; };
    if (!std::all_of(columns.begin(), columns.end(), known)) continue;
    positions[row].emplace();
    for (int axis = 0; axis < 3; ++axis) {
      try {
        (*positions[row])[axis] = parse_coordinate(columns[axis][row]);
      } catch (const Error& error) {
        throw Error("", fmt::format("{} of atom {}: {}", names[axis], atoms[row], error.what_is_wrong()));
      }
    }
  }
  return positions;
}

std::vector<ComponentAtom> read_atoms(const cif::Block& block) {
  const auto names = cif_column(block, "_chem_comp_atom.atom_id");
  const auto elements = cif_column(block, "_chem_comp_atom.type_symbol", names.size(), "?");
  const auto charges = cif_column(block, "_chem_comp_atom.charge", names.size(), "?");
  const auto ideal = read_positions(
      block, {"pdbx_model_Cartn_x_ideal", "pdbx_model_Cartn_y_ideal", "pdbx_model_Cartn_z_ideal"}, names);
  const auto model = read_positions(block, {"model_Cartn_x", "model_Cartn_y", "model_Cartn_z"}, names);
  std::vector<ComponentAtom> atoms(names.size());
  for (size_t i = 0; i < atoms.size(); ++i) {
    atoms[i] = {names[i], elements[i], charges[i], ideal[i], model[i]};
  }
  return atoms;
}

std::vector<ComponentBond> read_bonds(const cif::Block& block) {
  const auto first = cif_column(block, "_chem_comp_bond.atom_id_1");
  const auto second = cif_column(block, "_chem_comp_bond.atom_id_2", first.size(), "?");
  const auto orders = cif_column(block, "_chem_comp_bond.value_order", first.size(), "?");
  const auto aromatic = cif_column(block, "_chem_comp_bond.pdbx_aromatic_flag", first.size(), "?");
  std::vector<ComponentBond> bonds(first.size());
  for (size_t i = 0; i < bonds.size(); ++i) bonds[i] = {first[i], second[i], orders[i], aromatic[i]};
  return bonds;
}

// The last canonical SMILES by OpenEye, else the first canonical one, else the first plain one.
std::string choose_smiles(const cif::Block& block) {
  const std::string category = "_pdbx_chem_comp_descriptor.";
  const auto types = cif_column(block, category + "type");
  const auto descriptors = cif_column(block, category + "descriptor", types.size(), "");
  const auto programs = cif_column(block, category + "program", types.size(), "?");
  std::string canonical, plain;
  for (size_t i = 0; i < types.size(); ++i) {
    if (types[i] == "SMILES_CANONICAL" && (canonical.empty() || programs[i] == "OpenEye OEToolkits")) {
      canonical = descriptors[i];
    }
    if (types[i] == "SMILES" && plain.empty()) plain = descriptors[i];
  }
  return canonical.empty() ? plain : canonical;
}

Component read_component(const cif::Block& block) {
  const auto text = [&](const char* column) { return cif_first(block, std::string("_chem_comp.") + column); };
  const auto dates = cif_column(block, "_chem_comp.pdbx_modified_date");
  Component component;
  component.id = block.name;
  component.name = text("name");
  component.type = text("type");
  component.formula = text("formula");
  component.formula_weight = text("formula_weight");
  component.synonyms = text("pdbx_synonyms");
  component.parent = text("mon_nstd_parent_comp_id");
  component.modified_date = dates.empty() ? "?" : *std::max_element(dates.begin(), dates.end());
  component.smiles = choose_smiles(block);
  component.atoms = read_atoms(block);
  component.bonds = read_bonds(block);
  return component;
}

// The line that starts a block: "data_ID".
std::string header_of(std::string_view block) {
  return std::string(block.substr(0, std::min(block.find_first_of(" \t\r\n"), block.size())));
}

// Throws Error with an empty place.
void require_user_columns(const cif::Block& block) {
  std::vector<std::string> missing;
  for (const std::string& tag : kUserColumns) {
    if (!has_cif_column(block, tag)) missing.push_back(tag);
  }
  if (missing.empty()) return;
  throw Error("", fmt::format("the component lacks {}", fmt::join(missing, ", ")),
              "Add these columns, with '?' for unknown values.");
}

// Finds problems of the atoms and bonds of a user's component. Places are empty.
class UserComponentCheck {
 public:
  UserComponentCheck(const Component& component, Findings& found) : component_(component), found_(found) {}

  void run() {
    for (const ComponentAtom& atom : component_.atoms) check(atom);
    for (const ComponentBond& bond : component_.bonds) check(bond);
  }

 private:
  void check(const ComponentAtom& atom) {
    if (atom.name.empty() || atom.name.size() > kLongestAtomName) {
      found_.problems.emplace_back(
          "", "the atom name '" + atom.name + "' has " + std::to_string(atom.name.size()) + " characters",
          fmt::format("Use 1 to {} characters; the network reads no longer names.", kLongestAtomName));
    }
    if (!names_.insert(atom.name).second) {
      found_.problems.emplace_back("", "the atom name " + atom.name + " occurs twice",
                                   "Give every atom its own name.");
    }
    if (atom.charge != "?" && !parse_charge(atom.charge)) {
      found_.problems.emplace_back("", "the charge of atom " + atom.name + " is '" + atom.charge + "'",
                                   "Give an integer, or '?' for unknown.");
    }
  }

  void check(const ComponentBond& bond) {
    for (const std::string& name : {bond.atom_1, bond.atom_2}) {
      if (names_.contains(name) || name == "?" || name == ".") continue;
      found_.problems.emplace_back("",
                                   "_chem_comp_bond names the atom " + name + ", which _chem_comp_atom lacks",
                                   fmt::format("The component's atoms are {}.", fmt::join(names_, ", ")));
    }
  }

  const Component& component_;
  Findings& found_;
  std::set<std::string> names_;
};

// A user's component, or the readable part of it; adds its problems to `found`.
Component read_user_component(std::string_view text, Findings& found) {
  Component component;
  try {
    const cif::Block block = parse_cif_block(text, "");
    require_user_columns(block);
    component = read_component(block);
    if (const std::string id = cif_first(block, "_chem_comp.id"); id != component.id) {
      found.warnings.emplace_back("", "the component's code is " + component.id + ", from the line data_" +
                                          component.id + ", not " + id + ", its _chem_comp.id");
    }
  } catch (const Error& error) {
    found.problems.emplace_back("", error.what_is_wrong(), error.fix());
    return component;
  }
  UserComponentCheck(component, found).run();
  return component;
}

}  // namespace

void for_each_component(std::string_view cif_text, const std::string& where,
                        const std::function<void(Component)>& take) {
  const auto texts = split_cif_blocks(cif_text);
  if (texts.empty()) {
    throw Error(where, "the text holds no component", "Start each component with a line data_ID.");
  }
  for (const std::string_view text : texts) {
    try {
      take(read_component(parse_cif_block(text, "")));
    } catch (const Error& error) {
      throw Error(header_of(text), error.what_is_wrong(), error.fix()).within(where);
    }
  }
}

std::vector<Component> parse_components(std::string_view cif_text, const std::string& where) {
  std::vector<Component> components;
  for_each_component(cif_text, where,
                     [&](Component component) { components.push_back(std::move(component)); });
  return components;
}

UserComponents read_user_components(std::string_view cif_text) {
  UserComponents own;
  if (!without_byte_order_mark(cif_text).starts_with("data_")) {
    own.unreadable = true;
    own.found.problems.emplace_back("", "the text does not start with data_",
                                    "Start each component with a line data_ID.");
    return own;
  }
  for (const std::string_view text : split_cif_blocks(cif_text)) {
    Findings found;
    Component component = read_user_component(text, found);
    const std::string header = header_of(text);
    own.found.add(found, header);
    if (found.problems.empty()) {
      own.components.push_back(std::move(component));
    } else {
      own.refused.push_back(header.substr(std::string_view("data_").size()));
    }
  }
  return own;
}

bool UserComponents::refuses(const std::string& code) const {
  return unreadable || std::find(refused.begin(), refused.end(), code) != refused.end();
}

std::optional<int> parse_charge(const std::string& text) {
  const char* begin = text.c_str() + (text.starts_with('+') ? 1 : 0);
  const char* end = text.c_str() + text.size();
  int charge = 0;
  const auto [parsed_end, status] = std::from_chars(begin, end, charge);
  if (status != std::errc() || parsed_end != end) return std::nullopt;
  return charge;
}

}  // namespace pleat::chem
