// A chemical component: one entry of the PDB's Chemical Component Dictionary, or of a user's, or made from
// SMILES.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <vector>

namespace pleat::chem {

struct ComponentAtom {
  std::string name;     // atom_id
  std::string element;  // type_symbol as written, upper case as a rule
  std::string charge;   // as written; '?' where unknown
  // Angstrom; nullopt where any of the three is '?' or '.'.
  std::optional<std::array<float, 3>> ideal, model;
  bool operator==(const ComponentAtom&) const = default;
};

struct ComponentBond {
  std::string atom_1, atom_2;
  std::string order;     // value_order: SING, DOUB, TRIP, ...
  std::string aromatic;  // pdbx_aromatic_flag: Y, N or anything else as written
  bool operator==(const ComponentBond&) const = default;
};

// Characters of the longest atom name that the network can read.
constexpr size_t kLongestAtomName = 4;

// A charge as a number; nullopt when the text is not an integer ('?' is not).
std::optional<int> parse_charge(const std::string& text);

// Text fields as in _chem_comp; '?' for a missing one.
struct Component {
  std::string id, name, type, formula, formula_weight, synonyms, parent, modified_date;
  std::string smiles;  // chosen as in docs/specs/outputs.md, section 3.3; may be empty
  std::vector<ComponentAtom> atoms;
  std::vector<ComponentBond> bonds;
  bool operator==(const Component&) const = default;
};

}  // namespace pleat::chem
