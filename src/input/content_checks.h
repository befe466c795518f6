// Checks of content that the JSON reader cannot judge: components, molecules, alignments, structures. The
// reader calls a check at each value, and adds the value's place to the problems. This class accepts
// everything; featurise/chemistry_checks.h implements it.
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
  // Each throws Error, with an empty place or one inside the value, when the value cannot be used; those that
  // may find several problems add them to `found`. A check does not repeat what an earlier one refused (an
  // unknown component of a chain, for example). An empty sequence means that the reader could not read the
  // residues: the check then does what it can without them.
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
  // The sequence by which the pairing of alignments tells proteins apart. Unreadable proteins count as
  // different. nullopt for a protein that is not paired.
  virtual std::optional<std::string> paired_sequence(const ProteinChain& chain) const {
    (void)chain;
    return std::nullopt;
  }
  // Checks a template's text. Returns its number of residues, nullopt where no one needs it.
  virtual std::optional<size_t> check_template(const ProteinChain& chain, const std::string& mmcif) const {
    (void)chain, (void)mmcif;
    return std::nullopt;
  }
  // The checks for a job that defines its own components; nullptr where they change nothing.
  virtual std::unique_ptr<const ContentChecks> with_user_ccd(const std::string& cif, Findings& found) const {
    (void)cif, (void)found;
    return nullptr;
  }
};

}  // namespace pleat::input
