// Reference conformers: one per residue, embedded with its own random seed, then randomly placed.
// docs/specs/featurisation.md, section 10, docs/specs/random.md, section 5.
#pragma once

#include <array>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/thread_pool.h"
#include "featurise/batch.h"
#include "featurise/tokens.h"

namespace pleat::featurise {

struct ReferenceAtom {
  std::string name;
  std::array<float, 3> position{};  // Angstrom
  int element = 0;                  // atomic number
  int charge = 0;
};

// The atoms of one residue's conformer, hydrogens included; empty where none was asked for.
struct ReferenceResidue {
  Token token;  // its first
  std::vector<ReferenceAtom> atoms;

  const ReferenceAtom* find(const std::string& name) const;  // the first of that name, or nullptr
};

// The molecules of a structure's components (nullptr where RDKit accepts none), built once for all passes.
class MoleculeCache {
 public:
  explicit MoleculeCache(const Structure& structure);
  const chem::Molecule* find(const Residue& residue) const;

 private:
  std::map<const chem::Component*, std::shared_ptr<const chem::Molecule>> by_component_;
};

struct ConformerSettings {
  uint32_t seed = 0;
  std::optional<int> max_iterations;
  std::string max_modified_date;  // components modified before it may lend their model coordinates
  bool ligands_only = false;      // draws for every residue, but embeds ligands alone
};

// One conformer per residue that has tokens, in token order. The random draws follow that order whatever is
// embedded. Throws Error naming chain and residue: a charge that is no integer.
std::vector<ReferenceResidue> reference_conformers(const Structure& structure, const Tokens& tokens,
                                                   const MoleculeCache& molecules,
                                                   const ConformerSettings& settings, ThreadPool& pool);

// Fills ref_pos, ref_mask, ref_element, ref_charge, ref_atom_name_chars and ref_space_uid.
void fill_reference(const Structure& structure, const Tokens& tokens,
                    const std::vector<ReferenceResidue>& residues, Batch& batch);

}  // namespace pleat::featurise
