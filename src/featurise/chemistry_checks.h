// The checks of an input's contents by chemistry: components, SMILES, bonded atoms, alignments, template
// structures.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "chem/ccd.h"
#include "featurise/structure.h"
#include "input/content_checks.h"

namespace pleat {

// Accepts what featurise can use, by the same rules.
class ChemistryChecks final : public ContentChecks {
 public:
  explicit ChemistryChecks(std::shared_ptr<const Ccd> ccd, UserComponents own = {})
      : ccd_(std::move(ccd)), own_(std::move(own)) {}

  void check_component(const std::string& code) const override;
  void check_smiles(const std::string& smiles) const override;
  void check_atom(const Chain& chain, int residue, const std::string& name) const override;
  void check_msa(const Chain& chain, const std::string& a3m, bool for_templates,
                 Findings& found) const override;
  std::optional<std::string> paired_sequence(const ProteinChain& chain) const override;
  std::optional<size_t> check_template(const ProteinChain& chain, const std::string& mmcif) const override;
  std::unique_ptr<const ContentChecks> with_user_ccd(const std::string& cif, Findings& found) const override;

 private:
  bool is_known(const Chain& polymer) const;
  Structure predicted(const Chain& polymer) const;

  std::shared_ptr<const Ccd> ccd_;
  UserComponents own_;  // what it refuses is told of already
};

// What of a chain's residues is unknown, though it may be meant otherwise: letters that are none of the
// chain's type, a chain that won't be predicted because nothing in it is known. Places are empty.
std::vector<Error> residue_warnings(const Chain& chain);

}  // namespace pleat
