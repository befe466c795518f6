// Checks of what the JSON holds but can't judge itself: components, molecules, alignments, structures. The
// reader calls them where the values stand, so that their problems get places. This class accepts everything;
// chemistry implements it (featurise/chemistry_checks.h).
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "base/error.h"
#include "input/fold_input.h"

namespace pleat::input {

class ContentChecks {
 public:
  virtual ~ContentChecks() = default;
  // Each throws Error, with an empty place or one inside the value, when the value can't be used, or adds
  // such Errors to what was found where there may be several. What an earlier check has refused (a chain with
  // an unknown component, say) is not refused again. A polymer without a sequence is one whose residues could
  // not be read: what needs none of them is checked all the same.
  virtual void check_component(const std::string& code) const { (void)code; }
  virtual void check_smiles(const std::string& smiles) const { (void)smiles; }
  // `residue` (1-based) of `chain` has an atom of this name.
  virtual void check_atom(const Chain& chain, int residue, const std::string& name) const {
    (void)chain, (void)residue, (void)name;
  }
  // `for_templates`: whether templates will be searched for with this alignment.
  virtual void check_msa(const Chain& chain, const std::string& a3m, bool for_templates,
                         Findings& found) const {
    (void)chain, (void)a3m, (void)for_templates, (void)found;
  }
  // What tells proteins apart when their alignments are paired: one that could not be read is taken for
  // different. nullopt for one that takes no part.
  virtual std::optional<std::string> paired_sequence(const ProteinChain& chain) const {
    (void)chain;
    return std::nullopt;
  }
  // Checks a template's text; returns how many residues it has, nullopt where nobody will ask for one.
  virtual std::optional<size_t> check_template(const ProteinChain& chain, const std::string& mmcif) const {
    (void)chain, (void)mmcif;
    return std::nullopt;
  }
  // The checks of a job with components of its own; nullptr where they change nothing.
  virtual std::unique_ptr<const ContentChecks> with_user_ccd(const std::string& cif, Findings& found) const {
    (void)cif, (void)found;
    return nullptr;
  }
};

}  // namespace pleat::input
