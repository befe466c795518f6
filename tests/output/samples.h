// Structures and predictions for the tests: small ones made by hand, and the reference's samples read back
// from its files.
#pragma once

#include <gemmi/cif.hpp>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "base/file.h"
#include "featurise/structure_layout.h"
#include "output/predicted_atoms.h"
#include "tests/support.h"

namespace pleat::output {

// Adds a chain of residues, each with the given atoms and one token of its own. Elements are the names' first
// letters.
inline void add_chain(featurise::StructureLayout& layout, const std::string& id, chem::ChainType type,
                      const std::string& mmcif_type,
                      const std::vector<std::pair<std::string, std::vector<std::string>>>& residues) {
  const int index = static_cast<int>(layout.chains.size());
  featurise::OutputChain chain{
      .id = id, .type = type, .mmcif_type = mmcif_type, .sequence = "", .smiles = "", .residues = {}};
  for (size_t r = 0; r < residues.size(); ++r) {
    const auto& [name, atoms] = residues[r];
    const int number = static_cast<int>(r) + 1;
    chain.residues.push_back({name, number});
    chain.sequence += name.substr(0, 1);
    int slot = 0;
    for (const std::string& atom : atoms)
      layout.atoms.push_back(
          {index, number - 1, atom, atom.substr(0, 1), static_cast<int>(layout.tokens.size()), slot++});
    layout.tokens.push_back({index, number});
  }
  layout.chains.push_back(chain);
}

// A sample of the reference: what its model and its confidence file say.
struct GoldenSample {
  featurise::StructureLayout layout;
  model::Prediction prediction;  // one sample; positions and pLDDT as printed; error scores are made up
  nlohmann::json confidences, summary;
  std::string model, confidences_text, summary_text;
};

inline Tensor<float> square(const nlohmann::json& rows) {
  const auto n = static_cast<int64_t>(rows.size());
  Tensor<float> values({n, n});
  for (int64_t i = 0; i < n; ++i)
    for (int64_t j = 0; j < n; ++j) values(i, j) = rows[static_cast<size_t>(i)][static_cast<size_t>(j)];
  return values;
}

// The values of a category by row; '?' and '.' stay as they are.
inline std::vector<std::vector<std::string>> rows_of(gemmi::cif::Block& block, const std::string& prefix,
                                                     const std::vector<std::string>& keys) {
  std::vector<std::vector<std::string>> rows;
  for (const auto& row : block.find(prefix, keys)) {
    rows.emplace_back();
    for (const std::string& value : row)
      rows.back().push_back(gemmi::cif::is_null(value) ? value : gemmi::cif::as_string(value));
  }
  return rows;
}

// Polymer chains in file order.
inline void read_chains(gemmi::cif::Block& block, featurise::StructureLayout& layout) {
  std::map<std::string, std::string> types;
  for (const auto& row : rows_of(block, "_entity_poly.", {"pdbx_strand_id", "type"})) types[row[0]] = row[1];
  for (const auto& row : rows_of(block, "_pdbx_poly_seq_scheme.", {"asym_id", "mon_id", "seq_id"})) {
    if (layout.chains.empty() || layout.chains.back().id != row[0]) {
      const std::string& type = types.at(row[0]);
      const chem::ChainType kind = type == "polypeptide(L)"       ? chem::ChainType::protein
                                   : type == "polyribonucleotide" ? chem::ChainType::rna
                                                                  : chem::ChainType::dna;
      layout.chains.push_back(
          {.id = row[0], .type = kind, .mmcif_type = type, .sequence = "", .smiles = "", .residues = {}});
    }
    layout.chains.back().residues.push_back({row[1], std::stoi(row[2])});
    layout.chains.back().sequence += row[1];
  }
}

// Atoms of a residue with one token take its slots in turn; a modified residue has a token for each atom.
inline void read_atoms(gemmi::cif::Block& block, const std::map<std::string, int>& chain_index,
                       const std::map<std::pair<int, int>, std::vector<int>>& tokens_of,
                       GoldenSample& sample) {
  featurise::StructureLayout& layout = sample.layout;
  model::Prediction& prediction = sample.prediction;
  std::map<std::pair<int, int>, int> atoms_so_far;
  for (const auto& row : rows_of(block, "_atom_site.",
                                 {"label_asym_id", "label_seq_id", "label_atom_id", "type_symbol", "Cartn_x",
                                  "Cartn_y", "Cartn_z", "B_iso_or_equiv"})) {
    const std::pair<int, int> residue{chain_index.at(row[0]), std::stoi(row[1])};
    const int number = atoms_so_far[residue]++;
    const std::vector<int>& tokens = tokens_of.at(residue);
    const bool single = tokens.size() == 1;
    const int token = single ? tokens[0] : tokens.at(static_cast<size_t>(number));
    const int slot = single ? number : 0;
    layout.atoms.push_back({residue.first, residue.second - 1, row[2], row[3], token, slot});
    for (int k = 0; k < 3; ++k)
      prediction.atom_positions(0, token, slot, k) = std::stof(row[static_cast<size_t>(4 + k)]);
    prediction.predicted_lddt(0, token, slot) = std::stof(row[7]);
  }
}

inline GoldenSample read_golden_sample(const fs::path& folder, const std::string& prefix) {
  GoldenSample sample;
  sample.model = read_file(folder / (prefix + "_model.cif"));
  sample.confidences_text = read_file(folder / (prefix + "_confidences.json"));
  sample.summary_text = read_file(folder / (prefix + "_summary_confidences.json"));
  sample.confidences = nlohmann::json::parse(sample.confidences_text);
  sample.summary = nlohmann::json::parse(sample.summary_text);
  // The model's identifier is 64 zero bytes there, which gemmi refuses.
  std::string text = sample.model;
  std::replace(text.begin(), text.end(), '\0', ' ');
  gemmi::cif::Document document = gemmi::cif::read_string(text);
  gemmi::cif::Block& block = document.sole_block();
  featurise::StructureLayout& layout = sample.layout;
  read_chains(block, layout);

  std::map<std::string, int> chain_index;
  for (size_t c = 0; c < layout.chains.size(); ++c) chain_index[layout.chains[c].id] = static_cast<int>(c);
  const auto& token_chains = sample.confidences["token_chain_ids"];
  std::map<std::pair<int, int>, std::vector<int>> tokens_of;
  for (size_t t = 0; t < token_chains.size(); ++t) {
    const featurise::OutputToken token{chain_index.at(token_chains[t]),
                                       sample.confidences["token_res_ids"][t]};
    tokens_of[{token.chain, token.residue_id}].push_back(static_cast<int>(t));
    layout.tokens.push_back(token);
  }

  const auto n = static_cast<int64_t>(layout.tokens.size());
  model::Prediction& prediction = sample.prediction;
  prediction.atom_positions = Tensor<float>({1, n, 24, 3});
  prediction.predicted_lddt = Tensor<float>({1, n, 24});
  prediction.contact_probs = square(sample.confidences["contact_probs"]);
  prediction.full_pae = square(sample.confidences["pae"]);
  prediction.full_pae.reshape({1, n, n});
  prediction.tmscore_adjusted_pae_global = prediction.tmscore_adjusted_pae_interface = prediction.full_pae;
  read_atoms(block, chain_index, tokens_of, sample);
  return sample;
}

// Every sample of the reference's two whole output folders: folder, and prefix of its files.
inline std::vector<std::pair<fs::path, std::string>> golden_samples() {
  std::vector<std::pair<fs::path, std::string>> samples;
  for (const char* job : {"e2e_ubq20", "e2e_modified"})
    for (const auto& entry : fs::directory_iterator(test::kGolden / "e2e" / job))
      if (entry.path().filename().string().find("_sample-") != std::string::npos)
        samples.emplace_back(entry.path(), job + ("_" + entry.path().filename().string()));
  return samples;
}

}  // namespace pleat::output
