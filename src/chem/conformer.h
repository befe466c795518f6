// Molecules and their reference conformers, through RDKit. docs/specs/featurisation.md, sections 4.1 and 10,
// docs/specs/random.md, section 6.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "chem/component.h"

namespace pleat::chem {

// Atoms in the molecule's order: hydrogens included.
struct Conformer {
  struct Atom {
    std::string name;
    int atomic_number = 0;
    int charge = 0;
    std::array<float, 3> position{};
  };
  std::vector<Atom> atoms;
};

// An atom with four different neighbours, whose arrangement is defined. Seen from the first neighbour, the other three
// go round clockwise.
struct StereoCentre {
  std::string atom;
  std::array<std::string, 4> neighbours;  // hydrogens included
  bool operator==(const StereoCentre&) const = default;
};

// A molecule that RDKit accepted. Immutable.
class Molecule {
 public:
  // From a component: keeps hydrogens and sorts the atoms by name (bytewise). nullptr, with `reasons` filled,
  // where the reference's construction fails: a charge that is not an integer, a bond order other than SING,
  // DOUB, TRIP, an aromatic flag other than Y and N, an unknown element, a name longer than 4 characters, a
  // missing ideal coordinate, sanitisation.
  static std::shared_ptr<const Molecule> from_component(const Component& component,
                                                        std::vector<std::string>* reasons = nullptr);
  // From SMILES: adds explicit hydrogens; a name is the upper-case element and a running count per element.
  // Throws Error with RDKit's reason, or when a name would be longer than the network reads.
  static std::shared_ptr<const Molecule> from_smiles(const std::string& smiles);
  virtual ~Molecule() = default;

  // One ETKDGv3 conformer; nullopt when embedding fails. max_iterations nullopt: RDKit's default.
  virtual std::optional<Conformer> embed(uint32_t seed, std::optional<int> max_iterations) const = 0;

  // The same in a process of its own, which ends when `seconds` are over: then nullopt, and `timed_out` is set.
  virtual std::optional<Conformer> embed_within(double seconds, uint32_t seed,
                                                std::optional<int> max_iterations, bool& timed_out) const = 0;

  // What embed depends on, besides its arguments: RDKit's version, atoms and bonds.
  virtual std::string identity() const = 0;

  // The molecule as a component without coordinates (for SMILES ligands): id `id`, type non-polymer, atoms in
  // RDKit's order, bonds Kekulised.
  virtual Component as_component(const std::string& id) const = 0;

  // "N1>FE" for every bond whose electrons come from one atom alone, sorted. as_component lists them as single.
  virtual std::vector<std::string> dative_bonds() const = 0;

  // The centres that SMILES define, or that a component's ideal coordinates do, in the molecule's order. Atoms that
  // RDKit finds to be no centres, those with fewer than four neighbours, and those with two terminal neighbours of one
  // element (the oxygens of a phosphate) are not among them.
  virtual std::vector<StereoCentre> stereo_centres() const = 0;
};

// Atomic number of an element symbol in any case (D counts as 1); 0 when unknown.
int atomic_number(std::string_view symbol);

}  // namespace pleat::chem
