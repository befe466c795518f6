// require_complete: what featurisation can't start without. specs/featurisation.md 1.
#include <fmt/format.h>

#include "base/error.h"
#include "input/read_input.h"

namespace pleat {
namespace {

[[noreturn]] void missing(const char* type, int index, const std::string& id, const char* what,
                          const char* key, const char* none) {
  throw Error(
      fmt::format("{} chain {} (id {})", type, index, id),
      fmt::format("its {} missing: {} is null", what, key),
      fmt::format("Give it in the JSON ({} for none), or run the data pipeline to search for it.", none));
}

}  // namespace

void require_complete(const FoldInput& input) {
  int proteins = 0;
  int rnas = 0;
  for (const Chain& chain : input.chains) {
    if (const auto* protein = std::get_if<ProteinChain>(&chain)) {
      ++proteins;
      if (!protein->unpaired_msa)
        missing("protein", proteins, protein->id, "unpaired MSA is", "unpairedMsa", "\"\"");
      if (!protein->paired_msa)
        missing("protein", proteins, protein->id, "paired MSA is", "pairedMsa", "\"\"");
      if (!protein->templates) missing("protein", proteins, protein->id, "templates are", "templates", "[]");
    } else if (const auto* rna = std::get_if<RnaChain>(&chain)) {
      ++rnas;
      if (!rna->unpaired_msa) missing("RNA", rnas, rna->id, "unpaired MSA is", "unpairedMsa", "\"\"");
    }
  }
}

}  // namespace pleat
