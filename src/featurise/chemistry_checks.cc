#include "featurise/chemistry_checks.h"

#include "featurise/msa.h"
#include "featurise/msa_features.h"
#include "featurise/structure.h"
#include "featurise/templates.h"

namespace pleat {

void ChemistryChecks::check_component(const std::string& code) const { require_component(*ccd_, code); }

void ChemistryChecks::check_smiles(const std::string& smiles) const {
  Molecule::from_smiles(smiles)->as_component("LIG");
}

void ChemistryChecks::check_atom(const Chain& chain, int residue, const std::string& name) const {
  const std::string code = component_codes(chain)[static_cast<size_t>(residue) - 1];
  const Component* component = ccd_->find(code);
  if (component) require_atom(*component, name);
}

void ChemistryChecks::check_msa(const Chain& chain, const std::string& a3m) const {
  const ChainType type = chain_type(chain);
  std::string query;
  for (const std::string& code : component_codes(chain)) query += query_letter(code, type);
  if (query.size() >= kShortestAligned) read_msa(a3m, query, type, "");
}

void ChemistryChecks::check_template(const ProteinChain& chain, const Template& structure) const {
  if (chain.sequence.size() >= kShortestAligned) pleat::check_template(structure, chain.sequence.size());
}

std::unique_ptr<const ContentChecks> ChemistryChecks::with_user_ccd(const std::string& cif) const {
  return std::make_unique<ChemistryChecks>(Ccd::with_user_ccd(ccd_, cif));
}

}  // namespace pleat
