#include "featurise/chemistry_checks.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <set>
#include <type_traits>

#include "chem/template_structure.h"
#include "featurise/msa.h"
#include "featurise/msa_features.h"
#include "featurise/residue_types.h"
#include "featurise/templates.h"
#include "featurise/tokens.h"

namespace pleat::featurise {
namespace {

constexpr size_t kMostRowsReported = 10;  // of an alignment
constexpr size_t kMostReasonsListed = 5;  // for which RDKit builds no molecule

// When RDKit cannot build a component's molecule, AlphaFold 3 uses the component's own coordinates. The user
// may want that, or have made a mistake.
void add_molecule_warning(const chem::Component& component, Findings& found) {
  std::vector<std::string> reasons;
  if (chem::Molecule::from_component(component, &reasons)) return;
  if (reasons.size() > kMostReasonsListed) {
    const size_t more = reasons.size() - kMostReasonsListed;
    reasons.resize(kMostReasonsListed);
    reasons.push_back(fmt::format("and {} more", more));
  }
  found.warnings.emplace_back("data_" + component.id,
                              fmt::format("RDKit cannot build the molecule: {}", fmt::join(reasons, "; ")),
                              "pleat will use the ideal coordinates, and zeros for missing ones.");
}

// The letters of a sequence that are not residues of its type. X and N, the customary unknowns, and modified
// residues do not count.
struct UnknownLetters {
  char first = 0;
  size_t position = 0, count = 0;  // of the first, from 1; of all
};

template <class Polymer>
UnknownLetters unknown_letters(const Polymer& chain, chem::ChainType type) {
  UnknownLetters unknown;
  const std::string stand_in = component_of_letter('-', type);
  std::set<size_t> modified;  // positions
  for (const input::Modification& m : chain.modifications) modified.insert(static_cast<size_t>(m.position));
  for (size_t i = 0; i < chain.sequence.size(); ++i) {
    const char letter = chain.sequence[i];
    const bool meant = letter == (is_nucleic(type) ? 'N' : 'X') || modified.contains(i + 1);
    if (meant || component_of_letter(letter, type) != stand_in) continue;
    if (unknown.count++ == 0) unknown = {letter, i + 1, 1};
  }
  return unknown;
}

UnknownLetters unknown_letters(const input::Ligand&, chem::ChainType) { return {}; }

std::string known_letters(chem::ChainType type) {
  switch (type) {
    case chem::ChainType::rna:
      return "The bases are A, C, G and U.";
    case chem::ChainType::dna:
      return "The bases are A, C, G and T.";
    default:
      return "The residues are ACDEFGHIKLMNPQRSTVWY; give others in modifications.";
  }
}

// " SEP at position 3 reads as S, 'B' at position 5 as X." where an alignment has other letters than the sequence.
template <class Polymer>
std::string reading_note(const Polymer& chain, const std::string& query) {
  constexpr size_t kMostReported = 5;
  if (query.size() != chain.sequence.size()) return "";
  std::vector<std::string> reported;
  for (size_t i = 0; i < query.size() && reported.size() < kMostReported; ++i) {
    if (query[i] == chain.sequence[i]) continue;
    std::string what = fmt::format("'{}'", chain.sequence[i]);
    for (const input::Modification& m : chain.modifications)
      if (m.position == static_cast<int>(i) + 1) what = m.ccd_code;
    reported.push_back(fmt::format("{} at position {} reads as {}", what, i + 1, query[i]));
  }
  return reported.empty() ? "" : fmt::format(" {}.", fmt::join(reported, ", "));
}

std::string reading_note(const input::Ligand&, const std::string&) { return ""; }

// A polymer without its alignments and templates, which are large.
input::Chain residues_alone(const input::Chain& polymer) {
  const auto copy = [](const auto& given) -> input::Chain {
    std::decay_t<decltype(given)> alone;
    alone.id = "A";
    if constexpr (!std::is_same_v<decltype(alone), input::Ligand>) {
      alone.sequence = given.sequence;
      alone.modifications = given.modifications;
    }
    return alone;
  };
  return std::visit(copy, polymer);
}

}  // namespace

void check_residues(const input::Chain& chain, Findings& found) {
  const chem::ChainType type = chain_type(chain);
  const auto unknown = std::visit([&](const auto& c) { return unknown_letters(c, type); }, chain);
  if (unknown.count > 0) {
    const std::string become = unknown.count > 1
                                   ? fmt::format("and {} more are unknown residues", unknown.count - 1)
                                   : "is an unknown residue";
    const bool small = unknown.first >= 'a' && unknown.first <= 'z';
    found.warnings.emplace_back(
        "", fmt::format("'{}' at position {} {}", unknown.first, unknown.position, become),
        small ? "Write residues in capital letters." : known_letters(type));
  }
  if (is_unknown(component_codes(chain)))
    found.warnings.emplace_back("", "all residues are unknown, so pleat will not predict the chain");
}

void ChemistryChecks::check_component(const std::string& code) const {
  if (!own_.refuses(code)) require_component(*ccd_, code);
}

void ChemistryChecks::check_smiles(const std::string& smiles) const {
  const chem::Component component = chem::Molecule::from_smiles(smiles)->as_component("LIG");
  if (is_hydrogen_alone(component)) throw hydrogen_alone("the molecule");
}

void ChemistryChecks::check_atom(const input::Chain& chain, int residue, const std::string& name) const {
  const std::string code = component_codes(chain)[static_cast<size_t>(residue) - 1];
  const chem::Component* component = own_.refuses(code) ? nullptr : ccd_->find(code);
  if (component) require_atom(*component, name);
}

// Whether all residues are readable and no component has problems.
bool ChemistryChecks::is_known(const input::Chain& polymer) const {
  const std::vector<std::string> codes = component_codes(polymer);
  return !codes.empty() &&
         std::all_of(codes.begin(), codes.end(), [&](const std::string& code) { return ccd_->find(code); });
}

// The structure of a known polymer without bonds; without chains when the polymer will not be predicted.
Structure ChemistryChecks::predicted(const input::Chain& polymer) const {
  input::FoldInput alone;
  alone.chains = {residues_alone(polymer)};
  Findings bonds;  // none: there are no bonds
  try {
    return make_structure(alone, *ccd_, {}, bonds);
  } catch (const Error&) {
    return {};  // no chain is left
  }
}

void ChemistryChecks::check_msa(const input::Chain& chain, const std::string& a3m, bool for_templates,
                                Findings& found) const {
  if (!a3m.empty() && !has_records(a3m)) {
    const Error no_row(
        "", "the alignment has no row: no line starts with '>'",
        "Start each row with a line \">NAME\", and give the chain's own sequence first. An empty "
        "text means the sequence alone.");
    (for_templates ? found.problems : found.warnings).push_back(no_row);
    return;
  }
  std::optional<std::string> query;
  std::string note;
  if (is_known(chain)) {
    const Structure structure = predicted(chain);
    if (structure.chains.empty()) return;
    query = query_of(structure.chains[0]);
    if (query->size() < kShortestAligned) {
      if (a3m.find("\n>") != a3m.npos)
        found.warnings.emplace_back(
            "",
            fmt::format("the alignment has no effect: the chain has fewer than {} residues",
                        kShortestAligned),
            "AlphaFold 3 leaves it out, too.");
      return;
    }
    note = std::visit([&](const auto& c) { return reading_note(c, *query); }, chain);
  }
  Findings rows;
  check_rows(a3m, query, chain_type(chain), note, rows);
  const std::vector<Error>& problems = rows.problems;
  const size_t reported = std::min(problems.size(), kMostRowsReported);
  found.problems.insert(found.problems.end(), problems.begin(), problems.begin() + reported);
  if (reported < problems.size()) {
    found.problems.emplace_back("", fmt::format("... and {} more rows", problems.size() - reported));
  }
}

std::optional<std::string> ChemistryChecks::paired_sequence(const input::ProteinChain& chain) const {
  if (!is_known(chain)) return "";
  const Structure structure = predicted(chain);
  if (structure.chains.empty()) return std::nullopt;
  return polymer_sequence(structure.chains[0]);
}

std::optional<size_t> ChemistryChecks::check_template(const input::ProteinChain& chain,
                                                      const std::string& mmcif) const {
  if (is_known(chain) && tokenise(predicted(chain)).size() < kShortestWithTemplates) return std::nullopt;
  return chem::read_template(mmcif).residues.size();
}

std::unique_ptr<const input::ContentChecks> ChemistryChecks::with_user_ccd(const std::string& cif,
                                                                           Findings& found) const {
  chem::UserComponents own = chem::read_user_components(cif);
  for (const chem::Component& component : own.components) add_molecule_warning(component, own.found);
  found.problems.insert(found.problems.end(), own.found.problems.begin(), own.found.problems.end());
  found.warnings.insert(found.warnings.end(), own.found.warnings.begin(), own.found.warnings.end());
  auto ccd = chem::Ccd::with_components(ccd_, std::move(own.components));
  return std::make_unique<ChemistryChecks>(std::move(ccd), std::move(own));
}

}  // namespace pleat::featurise
