// Reads a template: the polymer chain, its residues, and the positions of their atoms.
#include "chem/template_structure.h"

#include <algorithm>

#include "base/error.h"
#include "chem/cif_text.h"
#include "chem/polymer_chains.h"

namespace pleat::chem {
namespace {

// A later atom of the same name replaces the earlier one.
void put_atom(std::vector<TemplateAtom>& atoms, TemplateAtom atom) {
  const auto same =
      std::find_if(atoms.begin(), atoms.end(), [&](const auto& a) { return a.name == atom.name; });
  if (same != atoms.end()) {
    *same = std::move(atom);
  } else {
    atoms.push_back(std::move(atom));
  }
}

std::vector<TemplateResidue> template_residues(const PolymerChain& chain) {
  std::vector<TemplateResidue> residues;
  const std::string letters = one_letter_sequence(chain);
  for (const ChainResidue& residue : chain.residues) {
    residues.push_back({residue.name, letters[residues.size()], {}});
    for (const ChainAtom& atom : residue.atoms) put_atom(residues.back().atoms, {atom.name, atom.position});
  }
  return residues;
}

// The one polymer chain with atoms. A chain that an editor has deleted may still have rows in the tables of
// chains and residues; it does not count.
PolymerChain read_polymer(const gemmi::cif::Block& block) {
  const PolymerChains polymers(block);
  std::vector<PolymerChain> found;
  for (const PolymerChain& chain : polymers.chains()) {
    PolymerChain whole = polymers.with_residues(chain);
    const bool has_atoms = std::any_of(whole.residues.begin(), whole.residues.end(),
                                       [](const ChainResidue& residue) { return !residue.atoms.empty(); });
    if (has_atoms) found.push_back(std::move(whole));
  }
  if (found.size() != 1) {
    throw Error("_atom_site", "the template has atoms of " + std::to_string(found.size()) + " polymer chains",
                "Keep the atoms of exactly one.");
  }
  return found.front();
}

}  // namespace

TemplateStructure read_template(std::string_view mmcif) {
  const gemmi::cif::Block block = parse_cif_block(mmcif, "template");
  try {
    if (gemmi::trim_str(entry_name(block)).empty())
      throw Error("_entry", "the entry has no name", "Set _entry.id.");
    return {release_date(block), template_residues(read_polymer(block))};
  } catch (const Error& error) {
    throw error.within("data_" + block.name);
  }
}

}  // namespace pleat::chem
