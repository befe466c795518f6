#include "featurise/templates.h"

#include <algorithm>
#include <map>
#include <string>
#include <string_view>
#include <utility>

#include "base/error.h"
#include "chem/template_structure.h"
#include "featurise/residue_types.h"

namespace pleat::featurise {
namespace {

// Dense slots of the 20 amino acids: N, CA, C, O, CB, then the side chain.
const std::vector<std::string_view>& dense_atoms(int aatype) {
  static const std::vector<std::string_view> kDense[20] = {
      {"N", "CA", "C", "O", "CB"},
      {"N", "CA", "C", "O", "CB", "CG", "CD", "NE", "CZ", "NH1", "NH2"},
      {"N", "CA", "C", "O", "CB", "CG", "OD1", "ND2"},
      {"N", "CA", "C", "O", "CB", "CG", "OD1", "OD2"},
      {"N", "CA", "C", "O", "CB", "SG"},
      {"N", "CA", "C", "O", "CB", "CG", "CD", "OE1", "NE2"},
      {"N", "CA", "C", "O", "CB", "CG", "CD", "OE1", "OE2"},
      {"N", "CA", "C", "O"},
      {"N", "CA", "C", "O", "CB", "CG", "ND1", "CD2", "CE1", "NE2"},
      {"N", "CA", "C", "O", "CB", "CG1", "CG2", "CD1"},
      {"N", "CA", "C", "O", "CB", "CG", "CD1", "CD2"},
      {"N", "CA", "C", "O", "CB", "CG", "CD", "CE", "NZ"},
      {"N", "CA", "C", "O", "CB", "CG", "SD", "CE"},
      {"N", "CA", "C", "O", "CB", "CG", "CD1", "CD2", "CE1", "CE2", "CZ"},
      {"N", "CA", "C", "O", "CB", "CG", "CD"},
      {"N", "CA", "C", "O", "CB", "OG"},
      {"N", "CA", "C", "O", "CB", "OG1", "CG2"},
      {"N", "CA", "C", "O", "CB", "CG", "CD1", "CD2", "NE1", "CE2", "CE3", "CZ2", "CZ3", "CH2"},
      {"N", "CA", "C", "O", "CB", "CG", "CD1", "CD2", "CE1", "CE2", "CZ", "OH"},
      {"N", "CA", "C", "O", "CB", "CG1", "CG2"}};
  static const std::vector<std::string_view> kUnknown;
  return aatype < 20 ? kDense[aatype] : kUnknown;
}

// A template residue aligned to a query residue; without one, all is zero but the type.
struct DenseResidue {
  int aatype = 0;
  std::array<std::array<float, 3>, kAtomSlots> positions{};
  std::array<uint8_t, kAtomSlots> mask{};
};

// [templates][columns] of a chain; templates beyond the list are empty.
using ChainTemplates = std::vector<std::vector<DenseResidue>>;

DenseResidue dense_residue(const chem::TemplateResidue& residue) {
  DenseResidue dense;
  dense.aatype = msa_letter_type(residue.letter, chem::ChainType::protein);
  const auto& names = dense_atoms(dense.aatype);
  for (size_t slot = 0; slot < kAtomSlots; ++slot) {
    // Unused slots repeat N, as in the network's training.
    const std::string_view name = slot < names.size() ? names[slot] : "N";
    for (const chem::TemplateAtom& atom : residue.atoms) {
      if (atom.name != name) continue;
      dense.positions[slot] = atom.position;
      dense.mask[slot] = 1;
    }
  }
  return dense;
}

std::vector<DenseResidue> align_template(const input::Template& given, size_t query_length) {
  const chem::TemplateStructure structure = chem::read_template(given.mmcif);
  std::vector<DenseResidue> columns(query_length);
  for (DenseResidue& column : columns) column.aatype = kGap;
  PLEAT_ASSERT(given.query_indices.size() == given.template_indices.size());
  for (size_t i = 0; i < given.query_indices.size(); ++i) {
    const int query = given.query_indices[i], index = given.template_indices[i];
    if (query < 0 || query >= static_cast<int>(query_length) || index < 0 ||
        index >= static_cast<int>(structure.residues.size())) {
      throw Error("",
                  "query residue " + std::to_string(query) + " maps to template residue " +
                      std::to_string(index) + ", but they have " + std::to_string(query_length) + " and " +
                      std::to_string(structure.residues.size()) + " residues",
                  "Count residues from 0.");
    }
    columns[query] = dense_residue(structure.residues[index]);
  }
  return columns;
}

const std::vector<input::Template>& given_templates(const input::FoldInput& input, const std::string& id) {
  for (const input::Chain& chain : input.chains) {
    const auto* protein = std::get_if<input::ProteinChain>(&chain);
    if (protein && protein->id == id) return *protein->templates;
  }
  static const std::vector<input::Template> kNone;
  return kNone;
}

ChainTemplates read_chain_templates(const input::FoldInput& input, const StructureChain& chain) {
  const std::vector<input::Template>& given = given_templates(input, chain.id);
  ChainTemplates templates(kTemplates, std::vector<DenseResidue>(chain.residues.size()));
  // Reads templates beyond the first four too, to report damaged ones.
  for (size_t t = 0; t < given.size(); ++t) {
    const std::string where = "chain " + chain.id + ", template " + std::to_string(t + 1);
    try {
      auto columns = align_template(given[t], chain.residues.size());
      if (t < templates.size()) templates[t] = std::move(columns);
    } catch (const Error& error) {
      throw error.within(where);
    }
  }
  return templates;
}

// The token names of a chain. Chains with equal names share the templates of the first.
std::string token_names(const StructureChain& chain, int64_t chain_index, const Tokens& tokens,
                        int64_t& count) {
  std::string names;
  count = 0;
  for (const Token& token : tokens.tokens) {
    if (token.chain != chain_index) continue;
    names += chain.residues[token.residue].name + ',';
    ++count;
  }
  return names;
}

// The columns of all chains side by side. As in the reference, chains without templates have one column per
// token, not per residue, and the others also have columns for residues without atoms: the standard index of
// later chains then points too far left.
ChainTemplates join_chains(const input::FoldInput& input, const Structure& structure, const Tokens& tokens) {
  ChainTemplates joint(kTemplates);
  std::map<std::string, ChainTemplates> by_names;
  for (size_t c = 0; c < structure.chains.size(); ++c) {
    const StructureChain& chain = structure.chains[c];
    int64_t count = 0;
    const std::string names = token_names(chain, static_cast<int64_t>(c), tokens, count);
    if (chain.type != chem::ChainType::protein || count < kShortestWithTemplates) {
      for (auto& columns : joint) columns.resize(columns.size() + static_cast<size_t>(count));
      continue;
    }
    if (!by_names.contains(names)) by_names[names] = read_chain_templates(input, chain);
    const ChainTemplates& templates = by_names.at(names);
    for (size_t t = 0; t < joint.size(); ++t) {
      joint[t].insert(joint[t].end(), templates[t].begin(), templates[t].end());
    }
  }
  return joint;
}

}  // namespace

void fill_templates(const input::FoldInput& input, const Structure& structure, const Tokens& tokens,
                    Batch& batch) {
  const ChainTemplates joint = join_chains(input, structure, tokens);
  const int64_t n = tokens.size();
  batch.template_aatype = Tensor<int32_t>({kTemplates, n});
  batch.template_atom_positions = Tensor<float>({kTemplates, n, kAtomSlots, 3});
  batch.template_atom_mask = Tensor<uint8_t>({kTemplates, n, kAtomSlots});
  for (int64_t template_index = 0; template_index < kTemplates; ++template_index) {
    const auto& columns = joint[template_index];
    for (int64_t t = 0; t < n; ++t) {
      const auto& column = columns[tokens.tokens[static_cast<size_t>(t)].standard_index];
      batch.template_aatype(template_index, t) = column.aatype;
      std::copy(column.mask.begin(), column.mask.end(), &batch.template_atom_mask(template_index, t));
      float* positions = &batch.template_atom_positions(template_index, t);
      for (const auto& position : column.positions)
        positions = std::copy(position.begin(), position.end(), positions);
    }
  }
}

}  // namespace pleat::featurise
