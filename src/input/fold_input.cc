#include "input/fold_input.h"

#include "base/text.h"

namespace pleat::input {

const std::string& chain_id(const Chain& chain) {
  return std::visit([](const auto& c) -> const std::string& { return c.id; }, chain);
}

size_t residues(const Chain& chain) {
  if (const auto* ligand = std::get_if<Ligand>(&chain)) return ligand->smiles ? 1 : ligand->ccd_codes.size();
  if (const auto* protein = std::get_if<ProteinChain>(&chain)) return protein->sequence.size();
  if (const auto* rna = std::get_if<RnaChain>(&chain)) return rna->sequence.size();
  return std::get<DnaChain>(chain).sequence.size();
}

std::string FoldInput::sanitised_name() const {
  std::string clean;
  for (const char c : name) {
    if (c == ' ') clean += '_';
    if (is_letter(c) || is_digit(c) || c == '_' || c == '-' || c == '.') clean += c;
  }
  return clean;
}

}  // namespace pleat::input
