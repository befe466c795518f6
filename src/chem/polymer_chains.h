// The polymer chains of an mmCIF block, with all their residues and atoms: the source of templates.
// docs/specs/featurisation.md, section 6. Internal to chem.
#pragma once

#include <array>
#include <gemmi/cifdoc.hpp>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"

namespace pleat::chem {

struct ChainAtom {
  std::string name, element;
  std::array<float, 3> position{};
  float occupancy = 1, b_factor = 0;
};

// With alternate locations resolved, MSE turned into MET, and an arginine's NH1 the one nearer to CD.
struct ChainResidue {
  std::string id;  // label_seq_id, 1-based
  std::string name;
  std::string author_id, insertion;  // insertion code, '?' for none
  std::vector<ChainAtom> atoms;      // in the file's order; empty for an unresolved residue
};

struct PolymerChain {
  std::string id, author_id, entity;
  std::string type;         // of _entity_poly: polypeptide(L) and so on
  std::string description;  // of the entity, '?' for none
  std::vector<ChainResidue> residues;
};

class PolymerChains {
 public:
  // Reads the tables of the first model. Throws Error: a column is missing or of another length.
  explicit PolymerChains(const gemmi::cif::Block& block);

  // The polymer chains without their residues, in the file's order.
  const std::vector<PolymerChain>& chains() const { return chains_; }

  // The same chain with its residues. Throws Error: a residue of _atom_site is not in the table of residues,
  // a coordinate is not a number.
  PolymerChain with_residues(PolymerChain chain) const;

 private:
  // _atom_site by column.
  struct AtomSite {
    size_t rows = 0;  // of the first model
    std::vector<std::string> group, atom, element, alt, residue, chain, entity, residue_id, x, y, z,
        occupancy, b_factor, author_chain, author_id, insertion;
  };
  // _pdbx_poly_seq_scheme by column; empty when the block lacks one of them.
  struct Scheme {
    std::vector<std::string> chain, id, name, author_id, insertion, author_chain;
  };

  void read_atom_site();
  void read_scheme();
  void read_chains();
  // Type of every entity that is a polymer.
  std::map<std::string, std::string> polymer_types(const std::vector<std::string>& chains,
                                                   const std::vector<std::string>& entities) const;
  std::string author_id(const std::string& chain) const;
  ChainResidue read_site_residue(size_t begin, size_t end) const;
  std::vector<ChainResidue> read_site_residues(const std::string& chain) const;
  std::vector<ChainResidue> residue_table(const PolymerChain& chain,
                                          const std::vector<ChainResidue>& resolved) const;
  std::optional<std::vector<ChainResidue>> entity_sequence(const std::string& entity,
                                                           const std::vector<ChainResidue>& resolved) const;
  Error not_listed(const ChainResidue& residue, const std::string& chain) const;

  const gemmi::cif::Block& block_;
  AtomSite site_;
  Scheme scheme_;
  std::vector<PolymerChain> chains_;
};

// One letter per residue; X for residues of polymers that are neither peptides nor nucleic acids.
std::string one_letter_sequence(const PolymerChain& chain);

// The oldest revision date, YYYY-MM-DD. Throws Error when there is none or it is not a date.
std::string release_date(const gemmi::cif::Block& block);

// _entry.id, else the block's name.
std::string entry_name(const gemmi::cif::Block& block);

}  // namespace pleat::chem
