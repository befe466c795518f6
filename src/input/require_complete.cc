// The fields that featurisation needs. docs/specs/featurisation.md, section 1.
#include <fmt/format.h>

#include "base/error.h"
#include "input/read_input.h"

namespace pleat::input {
namespace {

// "the paired MSA is missing: pairedMsa is null".
Error missing(const char* what, const char* key, const char* none) {
  return Error("", fmt::format("the {} missing: {} is null", what, key),
               fmt::format("Set {} in the JSON ({} for none), or run the data pipeline.", key, none));
}

}  // namespace

void check_complete(const Chain& chain, Findings& found) {
  const auto* protein = std::get_if<ProteinChain>(&chain);
  const auto* rna = std::get_if<RnaChain>(&chain);
  if ((protein && !protein->unpaired_msa) || (rna && !rna->unpaired_msa))
    found.problems.push_back(missing("unpaired MSA is", "unpairedMsa", "\"\""));
  if (protein && !protein->paired_msa)
    found.problems.push_back(missing("paired MSA is", "pairedMsa", "\"\""));
  if (protein && !protein->templates) found.problems.push_back(missing("templates are", "templates", "[]"));
}

void require_complete(const FoldInput& input) {
  int proteins = 0, rnas = 0;
  for (const Chain& chain : input.chains) {
    const bool is_protein = std::holds_alternative<ProteinChain>(chain);
    if (is_protein) ++proteins;
    if (std::holds_alternative<RnaChain>(chain)) ++rnas;
    Findings missing, found;
    check_complete(chain, missing);
    found.add(missing, fmt::format("{} chain {} (id {})", is_protein ? "protein" : "RNA",
                                   is_protein ? proteins : rnas, chain_id(chain)));
    found.raise();
  }
}

}  // namespace pleat::input
