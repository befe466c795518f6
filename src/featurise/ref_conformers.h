// Reference conformers: one per residue, embedded with its own random seed, then randomly placed.
// docs/specs/featurisation.md, section 10, docs/specs/random.md, section 5.
#pragma once

#include <array>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/thread_pool.h"
#include "featurise/batch.h"
#include "featurise/failed_conformers.h"
#include "featurise/tokens.h"

namespace pleat::featurise {

struct ReferenceAtom {
  std::string name;
  std::array<float, 3> position{};  // Angstrom
  int element = 0;                  // atomic number
  int charge = 0;
};

// The atoms of one residue's conformer, hydrogens included; empty when none was requested.
struct ReferenceResidue {
  Token token;  // the residue's first
  std::vector<ReferenceAtom> atoms;

  const ReferenceAtom* find(const std::string& name) const;  // the first of that name, or nullptr
};

struct ConformerSettings {
  uint32_t seed = 0;
  std::optional<int> max_iterations;
  std::string max_modified_date;  // older components may use their model coordinates
  bool ligands_only = false;      // draws for every residue, but embeds only ligands
  std::optional<double> timeout;  // seconds of one search
};

// The molecules of a structure's components (nullptr where RDKit accepts none), built once for all passes, and which
// of their conformer searches failed.
class MoleculeCache {
 public:
  explicit MoleculeCache(const Structure& structure, std::optional<fs::path> failures = std::nullopt);
  const chem::Molecule* find(const Residue& residue) const;

  // Whether the search with these settings, whatever its seed, failed before.
  bool fails(const Residue& residue, const ConformerSettings& settings) const;
  void note_failure(const Residue& residue, const ConformerSettings& settings, bool timed_out);
  // True at the first call for a component: the log reports it once.
  bool is_new_to_tell(const Residue& residue) { return told_.insert(residue.component).second; }

 private:
  std::map<const chem::Component*, std::shared_ptr<const chem::Molecule>> by_component_;
  FailedConformers failures_;
  std::set<const chem::Component*> told_;
};

// One conformer per residue that has tokens, in token order. The random draws follow that order whatever is
// embedded. The first residues of all components come first, side by side; where such a search fails, the component's
// own coordinates serve all its residues, now and with later seeds. The log reports long searches. Throws Error
// naming chain and residue: a charge that is no integer.
std::vector<ReferenceResidue> reference_conformers(const Structure& structure, const Tokens& tokens,
                                                   MoleculeCache& molecules,
                                                   const ConformerSettings& settings, ThreadPool& pool);

// Warns of ligands and modified residues whose atoms have no reference positions: neither has the component coordinates,
// nor does a conformer search find any. Places are "chain A, residue 3 (XYZ)".
void check_reference_positions(const Structure& structure, const ConformerSettings& settings,
                               Findings& found);

// Fills ref_pos, ref_mask, ref_element, ref_charge, ref_atom_name_chars and ref_space_uid.
void fill_reference(const Structure& structure, const Tokens& tokens,
                    const std::vector<ReferenceResidue>& residues, Batch& batch);

}  // namespace pleat::featurise
