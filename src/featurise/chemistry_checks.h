// The checks of an input's contents by chemistry: components, SMILES, bonded atoms, alignments, template
// structures.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "chem/ccd.h"
#include "featurise/structure.h"
#include "input/content_checks.h"

namespace pleat::featurise {

// Accepts what featurise can use, by the same rules.
class ChemistryChecks final : public input::ContentChecks {
 public:
  explicit ChemistryChecks(std::shared_ptr<const chem::Ccd> ccd, chem::UserComponents own = {})
      : ccd_(std::move(ccd)), own_(std::move(own)) {}

  void check_component(const std::string& code) const override;
  void check_smiles(const std::string& smiles) const override;
  void check_atom(const input::Chain& chain, int residue, const std::string& name) const override;
  void check_msa(const input::Chain& chain, const std::string& a3m, bool for_templates,
                 Findings& found) const override;
  std::optional<std::string> paired_sequence(const input::ProteinChain& chain) const override;
  std::optional<size_t> check_template(const input::ProteinChain& chain,
                                       const std::string& mmcif) const override;
  std::unique_ptr<const input::ContentChecks> with_user_ccd(const std::string& cif,
                                                            Findings& found) const override;

 private:
  bool is_known(const input::Chain& polymer) const;
  Structure predicted(const input::Chain& polymer) const;

  std::shared_ptr<const chem::Ccd> ccd_;
  chem::UserComponents own_;  // what it refuses is told of already
};

// Warns of residues that are unknown, though they may be meant otherwise: letters that are none of the
// chain's type, a chain that won't be predicted because nothing in it is known. Places are empty.
void check_residues(const input::Chain& chain, Findings& found);

}  // namespace pleat::featurise
