// The contents of the model file: one function per group of categories.
#include "output/model_cif.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <map>
#include <set>
#include <string_view>
#include <tuple>
#include <vector>

#include "base/text.h"
#include "chem/cif_writer.h"
#include "chem/conformer.h"
#include "chem/standard_residues.h"
#include "output/number_text.h"
#include "output/numpy_sum.h"

namespace pleat::output {
namespace {

constexpr const char* kSoftware = "pleat " PLEAT_VERSION;

bool is_polymer(const featurise::OutputChain& chain) { return chain.type != chem::ChainType::ligand; }

// Every chain is its own entity, numbered from 1.
std::string entity_id(size_t chain) { return std::to_string(chain + 1); }

std::string printed_plddt(float plddt) { return fixed_text(plddt, 2); }

// '.' for a non-polymer, y for a component without a parent (a standard residue), else n.
std::string standard_flag(const chem::Component& component) {
  if (lower_case(component.type) == "non-polymer") return ".";
  return component.parent == "?" ? "y" : "n";
}

struct ChemCompRow {
  std::string type, name = "?", synonyms = "?", formula = "?", weight = "?", flag = "?", smiles;
};

std::map<std::string, ChemCompRow> chem_comp_rows(const featurise::StructureLayout& layout,
                                                  const chem::Ccd& ccd) {
  std::map<std::string, ChemCompRow> rows;
  for (const featurise::OutputChain& chain : layout.chains) {
    for (const featurise::OutputResidue& residue : chain.residues) {
      if (rows.contains(residue.name)) continue;
      if (!chain.smiles.empty()) {
        rows[residue.name] = {.type = "non-polymer", .smiles = chain.smiles};
      } else if (const chem::Component* found = ccd.find(residue.name)) {
        rows[residue.name] = {found->type,           found->name,           found->synonyms, found->formula,
                              found->formula_weight, standard_flag(*found), found->smiles};
      }
    }
  }
  return rows;
}

void add_chem_comp(std::vector<chem::CifCategory>& cif, const featurise::StructureLayout& layout,
                   const chem::Ccd& ccd) {
  const auto rows = chem_comp_rows(layout, ccd);
  if (std::all_of(rows.begin(), rows.end(), [](const auto& row) { return row.second.smiles.empty(); })) {
    chem::CifCategory category(
        "_chem_comp", {"formula", "formula_weight", "id", "mon_nstd_flag", "name", "pdbx_synonyms", "type"});
    for (const auto& [id, row] : rows)
      category.add({row.formula, row.weight, id, row.flag, row.name, row.synonyms, row.type});
    cif.push_back(category);
    return;
  }
  chem::CifCategory category("_chem_comp", {"formula", "formula_weight", "id", "mon_nstd_flag", "name",
                                            "pdbx_smiles", "pdbx_synonyms", "type"});
  for (const auto& [id, row] : rows)
    category.add({row.formula, row.weight, id, row.flag, row.name, row.smiles.empty() ? "?" : row.smiles,
                  row.synonyms, row.type});
  cif.push_back(category);
}

void add_entities(std::vector<chem::CifCategory>& cif, const featurise::StructureLayout& layout) {
  chem::CifCategory asym("_struct_asym", {"entity_id", "id"});
  chem::CifCategory entity("_entity", {"id", "pdbx_description", "type"});
  chem::CifCategory entity_poly("_entity_poly", {"entity_id", "pdbx_strand_id", "type"});
  chem::CifCategory target("_ma_target_entity", {"data_id", "entity_id", "origin"});
  chem::CifCategory instance("_ma_target_entity_instance", {"asym_id", "details", "entity_id"});
  for (size_t c = 0; c < layout.chains.size(); ++c) {
    const featurise::OutputChain& chain = layout.chains[c];
    const std::string id = entity_id(c);
    asym.add({id, chain.id});
    entity.add({id, ".", is_polymer(chain) ? "polymer" : chain.mmcif_type});
    if (is_polymer(chain)) entity_poly.add({id, chain.id, chain.mmcif_type});
    target.add({"1", id, "."});
    instance.add({chain.id, ".", id});
  }
  for (chem::CifCategory* category : {&asym, &entity, &entity_poly, &target, &instance})
    cif.push_back(*category);
}

// Whether each residue of each chain has atoms.
std::vector<std::vector<bool>> residues_with_atoms(const featurise::StructureLayout& layout) {
  std::vector<std::vector<bool>> present;
  for (const featurise::OutputChain& chain : layout.chains) present.emplace_back(chain.residues.size());
  for (const featurise::OutputAtom& atom : layout.atoms)
    present[static_cast<size_t>(atom.chain)][static_cast<size_t>(atom.residue)] = true;
  return present;
}

void add_sequences(std::vector<chem::CifCategory>& cif, const featurise::StructureLayout& layout) {
  chem::CifCategory poly("_pdbx_poly_seq_scheme", {"asym_id", "auth_seq_num", "entity_id", "hetero", "mon_id",
                                                   "pdb_ins_code", "pdb_seq_num", "pdb_strand_id", "seq_id"});
  chem::CifCategory entity_poly("_entity_poly_seq", {"entity_id", "hetero", "mon_id", "num"});
  chem::CifCategory branch("_pdbx_branch_scheme",
                           {"asym_id", "auth_asym_id", "auth_seq_num", "entity_id", "hetero", "mon_id", "num",
                            "pdb_asym_id", "pdb_ins_code", "pdb_seq_num"});
  chem::CifCategory single("_pdbx_nonpoly_scheme", {"asym_id", "auth_seq_num", "entity_id", "mon_id",
                                                    "pdb_ins_code", "pdb_seq_num", "pdb_strand_id"});
  const auto present = residues_with_atoms(layout);
  for (size_t c = 0; c < layout.chains.size(); ++c) {
    const featurise::OutputChain& chain = layout.chains[c];
    const std::string entity = entity_id(c);
    for (size_t r = 0; r < chain.residues.size(); ++r) {
      const std::string& name = chain.residues[r].name;
      const std::string number = std::to_string(chain.residues[r].id);
      const std::string author = present[c][r] ? number : "?";
      if (is_polymer(chain)) {
        poly.add({chain.id, author, entity, "n", name, ".", number, chain.id, number});
        entity_poly.add({entity, "n", name, number});
      } else if (chain.residues.size() > 1) {
        branch.add({chain.id, chain.id, author, entity, "n", name, number, chain.id, ".", number});
      } else {
        single.add({chain.id, author, entity, name, ".", number, chain.id});
      }
    }
  }
  for (chem::CifCategory* category : {&poly, &entity_poly, &branch, &single}) cif.push_back(*category);
}

// The bonds of a component, of SMILES where they are given.
std::vector<chem::ComponentBond> component_bonds(const std::string& name, const std::string& smiles,
                                                 const chem::Ccd& ccd) {
  if (!smiles.empty()) return chem::Molecule::from_smiles(smiles)->as_component(name).bonds;
  const chem::Component* component = ccd.find(name);
  return component ? component->bonds : std::vector<chem::ComponentBond>();
}

// Bonds between the atoms that the file has, of all components but the standard residues of polymers.
void add_ligand_bonds(std::vector<chem::CifCategory>& cif, const featurise::StructureLayout& layout,
                      const chem::Ccd& ccd) {
  std::map<std::string, std::pair<std::string, std::set<std::string>>> components;  // SMILES, names of atoms
  for (const featurise::OutputAtom& atom : layout.atoms) {
    const featurise::OutputChain& chain = layout.chains[static_cast<size_t>(atom.chain)];
    const std::string& name = chain.residues[static_cast<size_t>(atom.residue)].name;
    if (is_polymer(chain) && chem::is_standard_residue(name)) continue;
    auto& [smiles, atoms] = components[name];
    smiles = chain.smiles;
    atoms.insert(atom.name);
  }
  chem::CifCategory bonds("_chem_comp_bond", {"comp_id", "pdbx_ordinal", "atom_id_1", "atom_id_2",
                                              "value_order", "pdbx_aromatic_flag"});
  int ordinal = 0;
  for (const auto& [name, known] : components) {
    const auto& [smiles, atoms] = known;
    for (const chem::ComponentBond& bond : component_bonds(name, smiles, ccd)) {
      if (!atoms.contains(bond.atom_1) || !atoms.contains(bond.atom_2)) continue;
      bonds.add(
          {name, std::to_string(++ordinal), bond.atom_1, bond.atom_2, lower_case(bond.order), bond.aromatic});
    }
  }
  cif.push_back(std::move(bonds));
}

// The description of an atom in both _atom_site and _struct_conn.
struct AtomLabel {
  std::string chain, entity, residue, label_number, author_number, name;
};

AtomLabel atom_label(const featurise::StructureLayout& layout, const featurise::OutputAtom& atom) {
  const auto c = static_cast<size_t>(atom.chain);
  const featurise::OutputChain& chain = layout.chains[c];
  const featurise::OutputResidue& residue = chain.residues[static_cast<size_t>(atom.residue)];
  const std::string number = std::to_string(residue.id);
  return {chain.id, entity_id(c), residue.name, is_polymer(chain) ? number : ".", number, atom.name};
}

void add_bonds(std::vector<chem::CifCategory>& cif, const featurise::StructureLayout& layout) {
  if (layout.bonds.empty()) return;
  chem::CifCategory bonds("_struct_conn", {"id",
                                           "conn_type_id",
                                           "pdbx_role",
                                           "pdbx_value_order",  //
                                           "ptnr1_label_asym_id",
                                           "ptnr1_label_comp_id",
                                           "ptnr1_label_seq_id",
                                           "ptnr1_label_atom_id",
                                           "ptnr1_auth_asym_id",
                                           "ptnr1_auth_seq_id",
                                           "pdbx_ptnr1_PDB_ins_code",
                                           "pdbx_ptnr1_label_alt_id",
                                           "ptnr1_symmetry",  //
                                           "ptnr2_label_asym_id",
                                           "ptnr2_label_comp_id",
                                           "ptnr2_label_seq_id",
                                           "ptnr2_label_atom_id",
                                           "ptnr2_auth_asym_id",
                                           "ptnr2_auth_seq_id",
                                           "pdbx_ptnr2_PDB_ins_code",
                                           "pdbx_ptnr2_label_alt_id",
                                           "ptnr2_symmetry"});
  int number = 0;
  for (const featurise::OutputBond& bond : layout.bonds) {
    const AtomLabel a = atom_label(layout, layout.atoms[static_cast<size_t>(bond.atom_1)]);
    const AtomLabel b = atom_label(layout, layout.atoms[static_cast<size_t>(bond.atom_2)]);
    bonds.add({"covale" + std::to_string(++number),
               "covale",
               "?",
               "?",  //
               a.chain,
               a.residue,
               a.label_number,
               a.name,
               a.chain,
               a.author_number,
               "?",
               "?",
               "1_555",  //
               b.chain,
               b.residue,
               b.label_number,
               b.name,
               b.chain,
               b.author_number,
               "?",
               "?",
               "1_555"});
  }
  chem::CifCategory types("_struct_conn_type", {"id", "criteria", "reference"});
  types.add({"covale", "?", "?"});
  cif.push_back(bonds);
  cif.push_back(types);
}

void add_atoms(std::vector<chem::CifCategory>& cif, const featurise::StructureLayout& layout,
               const PredictedAtoms& atoms) {
  chem::CifCategory site(
      "_atom_site",
      {"group_PDB", "id", "type_symbol", "label_atom_id", "label_alt_id", "label_comp_id", "label_asym_id",
       "label_entity_id", "label_seq_id", "pdbx_PDB_ins_code", "Cartn_x", "Cartn_y", "Cartn_z", "occupancy",
       "B_iso_or_equiv", "auth_seq_id", "auth_asym_id", "pdbx_PDB_model_num"});
  chem::CifCategory elements("_atom_type", {"symbol"});
  std::set<std::string> symbols;
  for (size_t a = 0; a < layout.atoms.size(); ++a) {
    const featurise::OutputAtom& atom = layout.atoms[a];
    const AtomLabel label = atom_label(layout, atom);
    const bool standard = is_polymer(layout.chains[static_cast<size_t>(atom.chain)]) &&
                          chem::is_standard_residue(label.residue);
    const auto& [x, y, z] = atoms.positions[a];
    site.add({standard ? "ATOM" : "HETATM", std::to_string(a + 1), atom.element, atom.name, ".",
              label.residue, label.chain, label.entity, label.label_number, "?", fixed_text(x, 3),
              fixed_text(y, 3), fixed_text(z, 3), "1.00", printed_plddt(atoms.plddts[a]), label.author_number,
              label.chain, "1"});
    symbols.insert(atom.element);
  }
  for (const std::string& symbol : symbols) elements.add({symbol});
  cif.push_back(std::move(site));
  cif.push_back(elements);
}

// Means of the printed B factors, over all atoms and by residue. Ligand residues have no number, so those of
// one name and chain share a mean.
void add_quality(std::vector<chem::CifCategory>& cif, const featurise::StructureLayout& layout,
                 const PredictedAtoms& atoms) {
  using Key = std::tuple<std::string, std::string, std::string>;
  std::vector<std::pair<Key, std::vector<double>>> groups;
  std::map<Key, size_t> group_of;
  std::vector<double> all;
  for (size_t a = 0; a < layout.atoms.size(); ++a) {
    const AtomLabel label = atom_label(layout, layout.atoms[a]);
    const Key key{label.chain, label.label_number, label.residue};
    const auto [found, is_new] = group_of.try_emplace(key, groups.size());
    if (is_new) groups.push_back({key, {}});
    all.push_back(std::stod(printed_plddt(atoms.plddts[a])));
    groups[found->second].second.push_back(all.back());
  }
  chem::CifCategory metric("_ma_qa_metric", {"id", "mode", "name", "software_group_id", "type"});
  metric.add({"1", "global", "pLDDT", "1", "pLDDT"});
  metric.add({"2", "local", "pLDDT", "1", "pLDDT"});
  chem::CifCategory global("_ma_qa_metric_global", {"metric_id", "metric_value", "model_id", "ordinal_id"});
  global.add({"1", fixed_text(numpy_mean(all), 2), "1", "1"});
  chem::CifCategory local("_ma_qa_metric_local", {"label_asym_id", "label_comp_id", "label_seq_id",
                                                  "metric_id", "metric_value", "model_id", "ordinal_id"});
  for (size_t g = 0; g < groups.size(); ++g) {
    const auto& [chain, number, residue] = groups[g].first;
    local.add({chain, residue, number, "2", fixed_text(numpy_mean(groups[g].second), 2), "1",
               std::to_string(g + 1)});
  }
  for (chem::CifCategory* category : {&metric, &global, &local}) cif.push_back(*category);
}

// A category of one row.
chem::CifCategory single_row(const std::string& name, std::initializer_list<std::string_view> keys,
                             std::initializer_list<std::string_view> row) {
  chem::CifCategory category(name, keys);
  category.add(row);
  return category;
}

// The citation of the method.
void add_citation(std::vector<chem::CifCategory>& cif) {
  chem::CifCategory authors("_audit_author", {"name", "pdbx_ordinal"});
  chem::CifCategory citation_authors("_citation_author", {"citation_id", "name", "ordinal"});
  int ordinal = 0;
  for (const char* author : {"Google DeepMind", "Isomorphic Labs"}) {
    const std::string number = std::to_string(++ordinal);
    authors.add({author, number});
    citation_authors.add({"primary", author, number});
  }
  cif.push_back(authors);
  cif.push_back(citation_authors);
  cif.push_back(
      single_row("_citation",
                 {"id", "title", "journal_full", "journal_volume", "page_first", "page_last", "year",
                  "journal_id_ASTM", "country", "journal_id_ISSN", "journal_id_CSD", "book_publisher",
                  "pdbx_database_id_PubMed", "pdbx_database_id_DOI"},
                 {"primary", "Accurate structure prediction of biomolecular interactions with AlphaFold 3",
                  "Nature", "630", "493", "500", "2024", "NATUAS", "UK", "0028-0836", "0006", "?", "38718835",
                  "10.1038/s41586-024-07487-w"}));
}

std::string printable(const std::string& text) {
  std::string kept;
  std::copy_if(text.begin(), text.end(), std::back_inserter(kept),
               [](unsigned char c) { return std::isprint(c); });
  return kept;
}

// The method and the software.
void add_method(std::vector<chem::CifCategory>& cif, const ModelCifInfo& info) {
  cif.push_back(single_row("_entry", {"id"}, {info.name}));
  cif.push_back(single_row("_audit_conform", {"dict_location", "dict_name", "dict_version"},
                           {"https://raw.githubusercontent.com/ihmwg/ModelCIF/master/dist/mmcif_ma.dic",
                            "mmcif_ma.dic", "1.4.5"}));
  cif.push_back(single_row("_ma_data", {"content_type", "id", "name"}, {"model coordinates", "1", "Model"}));
  const std::string group = fmt::format("{} (AlphaFold 3 network, 3.0.4 @ {})", kSoftware, info.time);
  cif.push_back(single_row(
      "_ma_model_list",
      {"data_id", "model_group_id", "model_group_name", "model_id", "model_name", "model_type", "ordinal_id"},
      {"1", "1", group, "1", "Top ranked model", "Ab initio model", "1"}));
  chem::CifCategory steps("_ma_protocol_step", {"method_type", "ordinal_id", "protocol_id", "step_id"});
  steps.add({"coevolution MSA", "1", "1", "1"});
  steps.add({"template search", "2", "1", "2"});
  steps.add({"modeling", "3", "1", "3"});
  cif.push_back(steps);
  cif.push_back(single_row("_ma_software_group", {"group_id", "ordinal_id", "software_id"}, {"1", "1", "1"}));
  const std::string model = printable(info.model_identifier);
  const std::string version = model.empty() ? PLEAT_VERSION : fmt::format(PLEAT_VERSION " (model {})", model);
  cif.push_back(single_row(
      "_software", {"classification", "date", "description", "name", "pdbx_ordinal", "type", "version"},
      {"other", "?", "Structure prediction", "pleat", "1", "package", version}));
}

bool has_terms(const ModelCifInfo& info) { return info.has_terms_file || !info.terms_url.empty(); }

std::string place_of_terms(const ModelCifInfo& info) {
  return info.has_terms_file ? "in TERMS_OF_USE.md in the folder of the job's results"
                             : "at " + info.terms_url;
}

void add_usage(std::vector<chem::CifCategory>& cif, const ModelCifInfo& info) {
  chem::CifCategory usage("_pdbx_data_usage", {"details", "id", "type", "url"});
  int id = 0;
  if (has_terms(info))
    usage.add({fmt::format("The terms of use of the model weights apply to this prediction.\n"
                           "They are {}.",
                           place_of_terms(info)),
               std::to_string(++id), "license", info.terms_url.empty() ? "?" : info.terms_url});
  usage.add(
      {"This is a computed prediction, provided as is, without warranty of any kind. It is not intended,\n"
       "tested or approved for clinical use.",
       std::to_string(++id), "disclaimer", "?"});
  cif.push_back(usage);
}

}  // namespace

std::vector<chem::CifCategory> model_categories(const featurise::StructureLayout& layout,
                                                const PredictedAtoms& atoms, const chem::Ccd& ccd,
                                                const ModelCifInfo& info) {
  std::vector<chem::CifCategory> cif;
  add_method(cif, info);
  add_usage(cif, info);
  add_citation(cif);
  add_chem_comp(cif, layout, ccd);
  add_entities(cif, layout);
  add_sequences(cif, layout);
  add_bonds(cif, layout);
  add_atoms(cif, layout, atoms);
  add_quality(cif, layout, atoms);
  if (info.ligand_bonds) add_ligand_bonds(cif, layout, ccd);
  return cif;
}

std::string model_cif(const featurise::StructureLayout& layout, const PredictedAtoms& atoms,
                      const chem::Ccd& ccd, const ModelCifInfo& info) {
  const std::string comment =
      has_terms(info)
          ? fmt::format("# The terms of use of the model weights apply to this file. They are {}.\n",
                        place_of_terms(info))
          : "";
  return comment + chem::cif_text(info.name, model_categories(layout, atoms, ccd, info));
}

}  // namespace pleat::output
