#include "cli/data_pipeline.h"

#include <fmt/format.h>

#include <string_view>

#include "base/error.h"
#include "chem/ccd.h"
#include "input/read_input.h"

namespace pleat::cli {
namespace {

constexpr std::string_view kProteinLetters = "ARNDCQEGHILKMFPSTWYV";
constexpr std::string_view kRnaLetters = "AGCU";

// Letters outside `known` become `unknown`; a modified residue gets its component's letter.
std::string one_letter_sequence(std::string sequence, const std::vector<Modification>& modifications,
                                std::string_view known, char unknown) {
  for (char& letter : sequence) {
    if (known.find(letter) == std::string_view::npos) letter = unknown;
  }
  for (const Modification& m : modifications) sequence[m.position - 1] = one_letter(m.ccd_code, unknown);
  return sequence;
}

void fill_empty_msa(std::optional<std::string>& msa, const std::string& sequence) {
  if (msa->empty()) msa = fmt::format(">query\n{}\n", sequence);
}

void complete(ProteinChain& chain) {
  chain.sequence = one_letter_sequence(chain.sequence, chain.modifications, kProteinLetters, 'X');
  fill_empty_msa(chain.unpaired_msa, chain.sequence);
  fill_empty_msa(chain.paired_msa, chain.sequence);
}

void complete(RnaChain& chain) {
  chain.sequence = one_letter_sequence(chain.sequence, chain.modifications, kRnaLetters, 'N');
  fill_empty_msa(chain.unpaired_msa, chain.sequence);
}

void complete(DnaChain&) {}
void complete(Ligand&) {}

}  // namespace

FoldInput complete_without_search(FoldInput input) {
  try {
    require_complete(input);
  } catch (const Error& error) {
    throw Error(
        error.where(), error.what_is_wrong(),
        "This version of pleat does not search: give MSAs and templates in the JSON (\"\" and [] for none).");
  }
  for (Chain& chain : input.chains) std::visit([](auto& c) { complete(c); }, chain);
  return input;
}

}  // namespace pleat::cli
