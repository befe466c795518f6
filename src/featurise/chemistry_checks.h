// Checks of an input's chemistry: components, SMILES, bonded atoms, alignments, template structures.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "chem/ccd.h"
#include "featurise/structure.h"
#include "input/content_checks.h"

namespace pleat::featurise {

// Applies the rules of featurisation, and so accepts exactly what it can use.
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
  chem::UserComponents own_;  // its problems are already reported
};

// Warns of unknown residues, which may be mistakes: letters foreign to the chain's type, a chain left out of
// the prediction because all its residues are unknown. Places are empty.
void check_residues(const input::Chain& chain, Findings& found);

}  // namespace pleat::featurise
