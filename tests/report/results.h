// Folders of results made by hand: atoms and scores as a test wants them, in the files of one job.
#pragma once

#include <fmt/format.h>

#include <array>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "base/file.h"

namespace pleat::report {

struct MadeAtom {
  std::string chain, component;
  int residue = 0;
  std::string name, element;
  std::array<double, 3> at{};
  double plddt = 80;
};

struct MadeChain {
  std::string id, entity_type;  // an _entity_poly.type, or non-polymer
};

inline std::string made_cif(const std::vector<MadeChain>& chains, const std::vector<MadeAtom>& atoms,
                            const std::string& more = "") {
  std::string text = "data_made\n_software.name pleat\n_software.version \"1.2 (model demo)\"\n";
  std::string polymers, others, rows;
  for (size_t c = 0; c < chains.size(); ++c) {
    const bool polymer = chains[c].entity_type.starts_with("poly");
    others += fmt::format("{} {}\n", c + 1, polymer ? "polymer" : chains[c].entity_type);
    if (polymer) polymers += fmt::format("{} '{}'\n", c + 1, chains[c].entity_type);
  }
  int id = 0;
  for (const MadeAtom& atom : atoms) {
    size_t entity = 1;
    while (chains[entity - 1].id != atom.chain) ++entity;
    rows += fmt::format("ATOM {} {} \"{}\" {} {} {} {} {:.3f} {:.3f} {:.3f} {:.2f}\n", ++id, atom.element,
                        atom.name, atom.component, atom.chain, entity, atom.residue, atom.at[0], atom.at[1],
                        atom.at[2], atom.plddt);
  }
  text += "loop_\n_entity.id\n_entity.type\n" + others;
  if (!polymers.empty()) text += "loop_\n_entity_poly.entity_id\n_entity_poly.type\n" + polymers;
  text += more +
          "loop_\n_atom_site.group_PDB\n_atom_site.id\n_atom_site.type_symbol\n_atom_site.label_atom_id\n"
          "_atom_site.label_comp_id\n_atom_site.label_asym_id\n_atom_site.label_entity_id\n_atom_site.auth_"
          "seq_id\n"
          "_atom_site.Cartn_x\n_atom_site.Cartn_y\n_atom_site.Cartn_z\n_atom_site.B_iso_or_equiv\n";
  return text + rows;
}

// Scores of tokens given by chain and residue: PAE i + j/10 between tokens i and j, contact probability 0.25.
inline nlohmann::json made_confidences(const std::vector<std::pair<std::string, int>>& tokens) {
  nlohmann::json json;
  for (size_t i = 0; i < tokens.size(); ++i) {
    json["token_chain_ids"].push_back(tokens[i].first);
    json["token_res_ids"].push_back(tokens[i].second);
    for (size_t j = 0; j < tokens.size(); ++j) {
      json["pae"][i].push_back(static_cast<double>(i) + static_cast<double>(j) / 10);
      json["contact_probs"][i].push_back(0.25);
    }
  }
  return json;
}

inline nlohmann::json made_summary(size_t chains, double ranking_score) {
  const std::vector<double> list(chains, 0.5);
  const std::vector<std::vector<double>> matrix(chains, list);
  return {{"chain_iptm", list},
          {"chain_ptm", list},
          {"chain_pair_iptm", matrix},
          {"chain_pair_pae_min", matrix},
          {"fraction_disordered", 0.0},
          {"has_clash", 0.0},
          {"iptm", nullptr},
          {"ptm", 0.5},
          {"ranking_score", ranking_score}};
}

// Writes one sample of seed 1 of the job "made".
inline void write_sample(const fs::path& folder, int sample, const std::string& cif,
                         const nlohmann::json& confidences, const nlohmann::json& summary) {
  const std::string place = fmt::format("seed-1_sample-{}", sample);
  const std::string prefix = (folder / place / ("made_" + place)).string();
  write_file(prefix + "_model.cif", cif);
  write_file(prefix + "_confidences.json", confidences.dump());
  write_file(prefix + "_summary_confidences.json", summary.dump());
}

}  // namespace pleat::report
