// Only this file and metal_bonds.cc include RDKit, which compiles slowly.
#include "chem/conformer.h"

#include <GraphMol/Chirality.h>
#include <GraphMol/DistGeomHelpers/Embedder.h>
#include <GraphMol/GraphMol.h>
#include <GraphMol/MolOps.h>
#include <GraphMol/SmilesParse/SmilesParse.h>
#include <RDGeneral/RDLog.h>
#include <RDGeneral/versions.h>
#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cstring>
#include <gemmi/elem.hpp>
#include <map>
#include <mutex>
#include <numeric>
#include <set>
#include <sstream>

#include "base/child_process.h"
#include "base/error.h"
#include "base/text.h"
#include "chem/metal_bonds.h"

namespace pleat::chem {
namespace {

using MoleculePtr = std::unique_ptr<RDKit::RWMol>;

std::string capitalised(const std::string& text) {
  std::string out = lower_case(text);
  if (!out.empty()) out[0] = upper_case(out[0]);
  return out;
}

std::optional<RDKit::Bond::BondType> bond_type(const std::string& order) {
  if (order == "SING") return RDKit::Bond::SINGLE;
  if (order == "DOUB") return RDKit::Bond::DOUBLE;
  if (order == "TRIP") return RDKit::Bond::TRIPLE;
  return std::nullopt;
}

std::string bond_order(RDKit::Bond::BondType type) {
  switch (type) {
    case RDKit::Bond::SINGLE:
    case RDKit::Bond::DATIVE:
      return "SING";
    case RDKit::Bond::DOUBLE:
      return "DOUB";
    case RDKit::Bond::TRIPLE:
      return "TRIP";
    default:
      throw Error("", "the molecule has a bond that is neither single, double nor triple",
                  "Define the molecule in userCCD instead.");
  }
}

// Why an atom or a bond cannot become part of a molecule, as far as the fields alone show; empty when they
// show no reason.
std::string obstacle(const ComponentAtom& atom) {
  if (atom.name.empty() || atom.name.size() > kLongestAtomName)
    return "the atom name '" + atom.name + "' has " + std::to_string(atom.name.size()) + " characters";
  if (!parse_charge(atom.charge)) return "the charge of atom " + atom.name + " is '" + atom.charge + "'";
  if (!atom.ideal) return "atom " + atom.name + " has no ideal coordinates";
  const std::string element = capitalised(atom.element);
  if (atomic_number(element) == 0 && element != "X" && element != "*")
    return "the element of atom " + atom.name + " is '" + atom.element + "'";
  return "";
}

std::string obstacle(const ComponentBond& bond) {
  for (const std::string& name : {bond.atom_1, bond.atom_2})
    if (name == "?" || name == ".") return "a bond names the atom " + name;
  const std::string of_bond = " of the bond " + bond.atom_1 + "-" + bond.atom_2;
  if (!bond_type(bond.order))
    return "the order" + of_bond + " is '" + bond.order + "' (not SING, DOUB or TRIP)";
  if (bond.aromatic != "Y" && bond.aromatic != "N")
    return "the aromatic flag" + of_bond + " is '" + bond.aromatic + "' (not Y or N)";
  return "";
}

std::vector<std::string> obstacles(const Component& component) {
  if (component.atoms.empty()) return {"the component has no atoms"};
  std::vector<std::string> found;
  const auto add = [&](const auto& part) {
    if (std::string text = obstacle(part); !text.empty()) found.push_back(std::move(text));
  };
  std::for_each(component.atoms.begin(), component.atoms.end(), add);
  std::for_each(component.bonds.begin(), component.bonds.end(), add);
  return found;
}

// The atoms, bonds and ideal coordinates of a complete component. Throws what RDKit throws for an unknown
// element or a repeated bond, and std::out_of_range for a bond of an unknown atom.
MoleculePtr assemble(const Component& component) {
  auto molecule = std::make_unique<RDKit::RWMol>();
  auto ideal = std::make_unique<RDKit::Conformer>(static_cast<unsigned>(component.atoms.size()));
  std::map<std::string, unsigned> index;
  for (const ComponentAtom& atom : component.atoms) {
    const std::string element = capitalised(atom.element);
    RDKit::Atom rdkit_atom(element == "X" ? "*" : element);
    rdkit_atom.setNoImplicit(true);
    rdkit_atom.setFormalCharge(*parse_charge(atom.charge));
    const unsigned i = molecule->addAtom(&rdkit_atom);
    index[atom.name] = i;
    const auto& [x, y, z] = *atom.ideal;
    ideal->setAtomPos(i, {x, y, z});
  }
  for (const ComponentBond& bond : component.bonds) {
    const unsigned count =
        molecule->addBond(index.at(bond.atom_1), index.at(bond.atom_2), *bond_type(bond.order));
    molecule->getBondWithIdx(count - 1)->setIsAromatic(bond.aromatic == "Y");
  }
  molecule->updatePropertyCache(/*strict=*/false);
  molecule->addConformer(ideal.release());
  return molecule;
}

// Names for atoms without names: the element in upper case and its running count.
std::vector<std::string> count_names(const RDKit::ROMol& molecule) {
  std::map<std::string, int> counts;
  std::vector<std::string> names;
  for (const RDKit::Atom* atom : molecule.atoms()) {
    const std::string element = upper_case(atom->getSymbol());
    names.push_back(element + std::to_string(++counts[element]));
  }
  return names;
}

// Captures RDKit's error log, the only place where RDKit gives the reason for a syntax error. While this
// object lives, no other thread may use RDKit.
class ErrorLog {
 public:
  ErrorLog() : before_(rdErrorLog) { rdErrorLog = std::make_shared<boost::logging::rdLogger>(&text_); }
  ~ErrorLog() { rdErrorLog = before_; }

  // Its first line without the time, "[12:00:00] SMILES Parse Error: ...", and without the drawing under it.
  std::string reason() const {
    const std::string text = text_.str();
    const std::string line = text.substr(0, text.find('\n'));
    const size_t time_end = line.find("] ");
    return time_end == std::string::npos ? line : line.substr(time_end + 2);
  }

 private:
  std::ostringstream text_;
  RDLogger before_;
};

std::string syntax_problem(const std::string& smiles) {
  static std::mutex one_at_a_time;
  const std::lock_guard lock(one_at_a_time);
  const ErrorLog log;
  std::unique_ptr<RDKit::RWMol>(RDKit::SmilesToMol(smiles));
  const std::string reason = log.reason();
  return reason.empty() ? "the syntax is wrong" : reason;
}

// Throws Error when an element has so many atoms, counting hydrogens, that the last one's name is too long
// for the network.
void check_atom_counts(const RDKit::ROMol& molecule) {
  std::map<std::string, unsigned> counts;
  for (const RDKit::Atom* atom : molecule.atoms()) {
    ++counts[upper_case(atom->getSymbol())];
    counts["H"] += atom->getTotalNumHs();
  }
  for (const auto& [element, count] : counts) {
    const std::string name = element + std::to_string(count);
    if (name.size() <= kLongestAtomName) continue;
    throw Error("",
                "the molecule has too many atoms: counting hydrogens, one is named " + name +
                    ", and the network reads names of at most " + std::to_string(kLongestAtomName) +
                    " characters",
                "Define the molecule in userCCD, with your own atom names.");
  }
}

// Checks the number of atoms before sanitisation, whose time grows with its cube. nullptr where the syntax is
// wrong.
MoleculePtr parse_unsanitised(const std::string& smiles) {
  RDKit::SmilesParserParams unsanitised;
  unsanitised.sanitize = unsanitised.removeHs = false;
  MoleculePtr molecule(RDKit::SmilesToMol(smiles, unsanitised));
  if (!molecule) return molecule;
  molecule->updatePropertyCache(/*strict=*/false);
  check_atom_counts(*molecule);
  return molecule;
}

// The steps of RDKit's parser after reading the text.
MoleculePtr sanitised_as_parsed(MoleculePtr molecule) {
  RDKit::MolOps::removeHs(*molecule, /*implicitOnly=*/false, /*updateExplicitCount=*/true,
                          /*sanitize=*/false);
  sanitise(*molecule);
  RDKit::MolOps::assignStereochemistry(*molecule, /*cleanIt=*/true);
  return molecule;
}

// What RDKit makes of SMILES, sanitised, without explicit hydrogens. Throws Error with RDKit's reason.
MoleculePtr parse_smiles(const std::string& smiles) {
  const std::string where = "SMILES '" + smiles + "'";
  const std::string fix = "Correct the SMILES, or define the molecule in userCCD.";
  MoleculePtr molecule;
  try {
    MoleculePtr unsanitised = parse_unsanitised(smiles);
    if (unsanitised && point_bonds_at_metals(*unsanitised)) {
      molecule = sanitised_as_parsed(std::move(unsanitised));
    } else {
      molecule.reset(RDKit::SmilesToMol(smiles));
    }
  } catch (const Error&) {
    throw;
  } catch (const std::exception& error) {
    throw Error(where, error.what(), fix);
  }
  if (!molecule) throw Error(where, syntax_problem(smiles), fix);
  if (molecule->getNumAtoms() == 0) throw Error(where, "the SMILES describes no atom", fix);
  return molecule;
}

bool is_connected(const RDKit::ROMol& molecule) {
  std::vector<int> fragments;
  return RDKit::MolOps::getMolFrags(molecule, fragments) == 1;
}

// Whether two neighbours are of one element and bonded to the centre alone, as O1P and O2P of a phosphate: nothing tells
// them apart.
bool has_like_ends(const RDKit::ROMol& molecule, const RDKit::Atom* centre) {
  std::set<int> elements;
  for (const RDKit::Atom* neighbour : molecule.atomNeighbors(centre)) {
    int heavy = 0;
    for (const RDKit::Atom* other : molecule.atomNeighbors(neighbour))
      heavy += other->getAtomicNum() > 1 ? 1 : 0;
    const bool is_end = neighbour->getAtomicNum() > 1 && heavy == 1;
    if (is_end && !elements.insert(neighbour->getAtomicNum()).second) return true;
  }
  return false;
}

class RdkitMolecule final : public Molecule {
 public:
  RdkitMolecule(RDKit::RWMol molecule, std::vector<std::string> names, std::string smiles)
      : molecule_(std::move(molecule)),
        names_(std::move(names)),
        smiles_(std::move(smiles)),
        is_one_with_dative_bonds_(has_dative_bonds(molecule_) && is_connected(molecule_)) {}

  std::optional<Conformer> embed(uint32_t seed, std::optional<int> max_iterations) const override {
    RDKit::DGeomHelpers::EmbedParameters parameters = RDKit::DGeomHelpers::ETKDGv3;
    parameters.randomSeed = static_cast<int>(seed);
    if (max_iterations) parameters.maxIterations = static_cast<unsigned>(*max_iterations);
    // RDKit sanitises fragments again, without the rules of metal_bonds.h for dative bonds.
    parameters.embedFragmentsSeparately = !is_one_with_dative_bonds_;
    RDKit::RWMol molecule(molecule_);
    try {
      if (RDKit::DGeomHelpers::EmbedMolecule(molecule, parameters) < 0) return std::nullopt;
    } catch (const std::exception&) {
      return std::nullopt;  // no force field for these atoms
    }
    std::vector<Position> positions;
    for (const RDKit::Atom* atom : molecule.atoms()) {
      const RDGeom::Point3D at = molecule.getConformer().getAtomPos(atom->getIdx());
      positions.push_back({float(at.x), float(at.y), float(at.z)});
    }
    return at_positions(positions);
  }

  std::optional<Conformer> embed_within(double seconds, uint32_t seed, std::optional<int> max_iterations,
                                        bool& timed_out) const override {
    prepare_for_copies();
    const auto text = run_in_copy(seconds, [&] {
      const std::optional<Conformer> found = embed(seed, max_iterations);
      std::string bytes;
      for (size_t i = 0; found && i < found->atoms.size(); ++i)
        bytes.append(reinterpret_cast<const char*>(&found->atoms[i].position), sizeof(Position));
      return bytes;
    });
    timed_out = !text.has_value();
    if (!text || text->empty()) return std::nullopt;
    std::vector<Position> positions(text->size() / sizeof(Position));
    std::memcpy(positions.data(), text->data(), text->size());
    return at_positions(positions);
  }

  std::string identity() const override {
    std::string text = std::string("RDKit ") + RDKit::rdkitVersion;
    for (const RDKit::Atom* atom : molecule_.atoms())
      text += fmt::format(";{} {} {} {}", names_[atom->getIdx()], atom->getAtomicNum(),
                          atom->getFormalCharge(), static_cast<int>(atom->getChiralTag()));
    for (const RDKit::Bond* bond : molecule_.bonds())
      text += fmt::format(";{}-{} {} {}", bond->getBeginAtomIdx(), bond->getEndAtomIdx(),
                          static_cast<int>(bond->getBondType()), static_cast<int>(bond->getStereo()));
    return text;
  }

  Component as_component(const std::string& id) const override {
    RDKit::RWMol molecule(molecule_);
    RDKit::MolOps::Kekulize(molecule, /*markAtomsBonds=*/false);
    Component component{id, "?", "non-polymer", "?", "?", "?", "?", "?", smiles_, {}, {}};
    for (const RDKit::Atom* atom : molecule.atoms()) {
      component.atoms.push_back({names_[atom->getIdx()], upper_case(atom->getSymbol()),
                                 std::to_string(atom->getFormalCharge()), std::nullopt, std::nullopt});
    }
    for (const RDKit::Bond* bond : molecule.bonds()) {
      component.bonds.push_back({names_[bond->getBeginAtomIdx()], names_[bond->getEndAtomIdx()],
                                 bond_order(bond->getBondType()), bond->getIsAromatic() ? "Y" : "N"});
    }
    return component;
  }

  std::vector<std::string> dative_bonds() const override {
    std::vector<std::string> found;
    for (const RDKit::Bond* bond : molecule_.bonds()) {
      if (bond->getBondType() == RDKit::Bond::DATIVE)
        found.push_back(names_[bond->getBeginAtomIdx()] + ">" + names_[bond->getEndAtomIdx()]);
    }
    std::sort(found.begin(), found.end());
    return found;
  }

  std::vector<StereoCentre> stereo_centres() const override {
    RDKit::RWMol molecule(molecule_);
    RDKit::MolOps::assignStereochemistry(molecule, /*cleanIt=*/true, /*force=*/true);
    std::vector<StereoCentre> centres;
    for (const RDKit::Atom* atom : molecule.atoms()) {
      const auto tag = atom->getChiralTag();
      const bool clockwise = tag == RDKit::Atom::CHI_TETRAHEDRAL_CW;
      if ((!clockwise && tag != RDKit::Atom::CHI_TETRAHEDRAL_CCW) || atom->getDegree() != 4 ||
          has_like_ends(molecule, atom))
        continue;
      StereoCentre centre{names_[atom->getIdx()], {}};
      size_t n = 0;
      for (const RDKit::Bond* bond : molecule.atomBonds(atom))
        centre.neighbours[n++] = names_[bond->getOtherAtomIdx(atom->getIdx())];
      if (!clockwise) std::swap(centre.neighbours[2], centre.neighbours[3]);
      centres.push_back(std::move(centre));
    }
    return centres;
  }

 private:
  using Position = std::array<float, 3>;

  // A copy of the process has this thread alone. What RDKit sets up at its first use is set up before, so that no
  // other thread is in the middle of it then.
  static void prepare_for_copies() {
    static const auto prepared = from_smiles("CC=O")->embed(1, std::nullopt);
  }

  Conformer at_positions(const std::vector<Position>& positions) const {
    Conformer conformer;
    for (const RDKit::Atom* atom : molecule_.atoms()) {
      const unsigned i = atom->getIdx();
      conformer.atoms.push_back({names_[i], atom->getAtomicNum(), atom->getFormalCharge(), positions[i]});
    }
    return conformer;
  }

  RDKit::RWMol molecule_;
  std::vector<std::string> names_;  // by atom
  std::string smiles_;              // empty for a component's molecule
  bool is_one_with_dative_bonds_;
};

}  // namespace

std::shared_ptr<const Molecule> Molecule::from_component(const Component& component,
                                                         std::vector<std::string>* reasons) {
  std::vector<std::string> unheard;
  std::vector<std::string>& why_not = reasons ? *reasons : unheard;
  why_not = obstacles(component);
  if (!why_not.empty()) return nullptr;
  try {
    const MoleculePtr molecule = assemble(component);
    RDKit::MolOps::assignStereochemistryFrom3D(*molecule);
    point_bonds_at_metals(*molecule);
    sanitise(*molecule);
    std::vector<unsigned> order(component.atoms.size());
    std::iota(order.begin(), order.end(), 0u);
    const auto name = [&](unsigned i) -> const std::string& { return component.atoms[i].name; };
    std::sort(order.begin(), order.end(), [&](unsigned a, unsigned b) { return name(a) < name(b); });
    const std::unique_ptr<RDKit::ROMol> sorted(RDKit::MolOps::renumberAtoms(*molecule, order));
    std::vector<std::string> names;
    for (unsigned i : order) names.push_back(name(i));
    return std::make_shared<RdkitMolecule>(RDKit::RWMol(*sorted), std::move(names), component.smiles);
  } catch (const std::exception& error) {
    why_not = {error.what()};
    return nullptr;
  }
}

std::shared_ptr<const Molecule> Molecule::from_smiles(const std::string& smiles) {
  const MoleculePtr molecule = parse_smiles(smiles);
  RDKit::MolOps::addHs(*molecule);
  check_atom_counts(*molecule);
  return std::make_shared<RdkitMolecule>(*molecule, count_names(*molecule), smiles);
}

int atomic_number(std::string_view symbol) {
  if (symbol.empty() || symbol.size() > 2 || !std::all_of(symbol.begin(), symbol.end(), is_letter)) return 0;
  return gemmi::Element(std::string(symbol)).atomic_number();
}

}  // namespace pleat::chem
