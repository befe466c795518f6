// The text of a chain: what the reference keeps of an entry, in the reference's layout.
// docs/specs/outputs.md, section 3.3.
#include "chem/pdb_entry.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <map>

#include "base/error.h"
#include "chem/ccd.h"
#include "chem/cif_text.h"
#include "chem/cif_writer.h"
#include "chem/polymer_chains.h"
#include "chem/standard_residues.h"

namespace pleat::chem {
namespace cif = gemmi::cif;

namespace {

using Texts = std::vector<std::string>;
using Categories = std::vector<CifCategory>;

// A text field's lines without trailing white space.
std::string trimmed_lines(const std::string& text) {
  if (text.find('\n') == text.npos && text.find('\r') == text.npos) return text;
  std::string out;
  for (size_t at = 0; at <= text.size();) {
    const size_t end = std::min(text.find('\n', at), text.size());
    const std::string line = text.substr(at, end - at);
    out += line.substr(0, line.find_last_not_of(" \t\v\f\r") + 1);
    if (end < text.size()) out += '\n';
    at = end + 1;
  }
  return out;
}

Texts column(const cif::Block& block, const std::string& tag) {
  Texts values = cif_column(block, tag);
  for (std::string& value : values) value = trimmed_lines(value);
  return values;
}

Texts column(const cif::Block& block, const std::string& tag, size_t rows) {
  const Texts values = column(block, tag);
  return values.empty() ? cif_column(block, tag, rows, "?") : values;
}

bool is_missing(const std::string& value) { return value.empty() || value == "." || value == "?"; }

// "1.84" of the first category that gives a number; empty when none does.
std::string resolution(const cif::Block& block) {
  for (const char* tag :
       {"_refine.ls_d_res_high", "_em_3d_reconstruction.resolution", "_reflns.d_resolution_high"}) {
    const std::string text = cif_first(block, tag);
    double value = 0;
    const auto [end, status] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (status == std::errc() && end == text.data() + text.size()) return fmt::format("{:.2f}", value);
  }
  return "";
}

void add_header(Categories& out, const cif::Block& block) {
  const std::string date = release_date(block);
  out.emplace_back("_entry", std::vector<CifCategory::Column>{{"id", {entry_name(block)}}});
  out.emplace_back("_pdbx_audit_revision_history",
                   std::vector<CifCategory::Column>{{"revision_date", {date}}});
  out.emplace_back("_pdbx_database_status",
                   std::vector<CifCategory::Column>{{"recvd_initial_deposition_date", {date}}});
  const std::string high = resolution(block);
  if (!high.empty()) out.emplace_back("_refine", std::vector<CifCategory::Column>{{"ls_d_res_high", {high}}});
  const Texts methods = column(block, "_exptl.method");
  if (!methods.empty()) out.emplace_back("_exptl", std::vector<CifCategory::Column>{{"method", methods}});
  out.emplace_back("_software", std::vector<CifCategory::Column>{{"classification", {"other"}},
                                                                 {"name", {"DeepMind Structure Class"}},
                                                                 {"pdbx_ordinal", {"1"}},
                                                                 {"version", {"2.0.0"}}});
}

// Rows of a category by the value of one of its columns; a later row of the same value replaces the earlier.
struct Table {
  std::vector<std::string> keys;
  std::map<std::string, Texts> rows;
};

Table read_table(const cif::Block& block, const std::string& prefix, const std::string& index) {
  Table table;
  std::vector<Texts> columns;
  // find_mmcif_category only lacks a const overload; the block is not changed.
  cif::Table category = const_cast<cif::Block&>(block).find_mmcif_category(prefix);
  for (const std::string& tag : category.tags()) {
    table.keys.push_back(tag.substr(prefix.size()));
    columns.push_back(column(block, tag));
  }
  const Texts ids = column(block, prefix + index);
  for (size_t i = 0; i < ids.size(); ++i) {
    Texts row;
    for (const Texts& values : columns) row.push_back(values[i]);
    table.rows[ids[i]] = row;
  }
  return table;
}

// One row of `table` for each of `ids`.
CifCategory written(const std::string& name, const Table& table, const Texts& ids) {
  std::vector<CifCategory::Column> columns;
  for (const std::string& key : table.keys) columns.push_back({key, {}});
  for (const std::string& id : ids) {
    const Texts& row = table.rows.at(id);
    for (size_t i = 0; i < columns.size(); ++i) columns[i].values.push_back(row[i]);
  }
  return {name, columns};
}

bool has_assemblies(const cif::Block& block) {
  const auto has = [&](const char* category, std::initializer_list<const char*> keys) {
    return std::all_of(keys.begin(), keys.end(), [&](const char* key) {
      return !cif_column(block, std::string(category) + key).empty();
    });
  };
  return has("_pdbx_struct_assembly.",
             {"id", "details", "method_details", "oligomeric_details", "oligomeric_count"}) &&
         has("_pdbx_struct_assembly_gen.", {"assembly_id", "oper_expression", "asym_id_list"}) &&
         has("_pdbx_struct_oper_list.",
             {"id", "type", "name", "symmetry_operation", "matrix[1][1]", "matrix[1][2]", "matrix[1][3]",
              "vector[1]", "matrix[2][1]", "matrix[2][2]", "matrix[2][3]", "vector[2]", "matrix[3][1]",
              "matrix[3][2]", "matrix[3][3]", "vector[3]"});
}

// The assemblies of the whole entry, when all their columns exist.
void add_assemblies(Categories& out, const cif::Block& block) {
  if (!has_assemblies(block)) return;
  const Texts assemblies = column(block, "_pdbx_struct_assembly.id");
  out.push_back(
      written("_pdbx_struct_assembly", read_table(block, "_pdbx_struct_assembly.", "id"), assemblies));
  CifCategory generation("_pdbx_struct_assembly_gen", {"assembly_id", "asym_id_list", "oper_expression"});
  const Texts ids = column(block, "_pdbx_struct_assembly_gen.assembly_id");
  const Texts chains = column(block, "_pdbx_struct_assembly_gen.asym_id_list", ids.size());
  const Texts operations = column(block, "_pdbx_struct_assembly_gen.oper_expression", ids.size());
  for (const std::string& assembly : assemblies) {
    for (size_t i = 0; i < ids.size(); ++i) {
      if (ids[i] == assembly) generation.add({ids[i], chains[i], operations[i]});
    }
  }
  out.push_back(std::move(generation));
  out.push_back(written("_pdbx_struct_oper_list", read_table(block, "_pdbx_struct_oper_list.", "id"),
                        column(block, "_pdbx_struct_oper_list.id")));
}

// Rows of a category by component id.
using RowsOfComponent = std::map<std::string, std::vector<size_t>>;

RowsOfComponent rows_of_component(const Texts& components) {
  RowsOfComponent rows;
  for (size_t i = 0; i < components.size(); ++i) rows[components[i]].push_back(i);
  return rows;
}

// The components of the entry, and methionine where the entry has selenomethionine.
std::vector<std::string> sorted_components(const RowsOfComponent& rows) {
  std::vector<std::string> ids;
  for (const auto& row : rows) ids.push_back(row.first);
  if (rows.contains("MSE") && !rows.contains("MET")) ids.emplace_back("MET");
  std::sort(ids.begin(), ids.end());
  return ids;
}

void add_components(Categories& out, const cif::Block& block) {
  const Texts ids = column(block, "_chem_comp.id");
  const Texts types = column(block, "_chem_comp.type");
  if (ids.empty() || types.size() != ids.size()) return;
  const auto values = [&](const char* key) {
    return column(block, std::string("_chem_comp.") + key, ids.size());
  };
  const Texts formulas = values("formula"), weights = values("formula_weight"), names = values("name");
  const Texts flags = values("mon_nstd_flag"), synonyms = values("pdbx_synonyms");
  const Texts smiles = values("pdbx_smiles");
  const bool any_smiles = std::any_of(smiles.begin(), smiles.end(), [](const auto& s) { return s != "?"; });
  CifCategory category("_chem_comp",
                       {"formula", "formula_weight", "id", "mon_nstd_flag", "name", "pdbx_synonyms", "type"});
  CifCategory smiles_category("_chem_comp", {"pdbx_smiles"});
  const RowsOfComponent rows = rows_of_component(ids);
  for (const std::string& id : sorted_components(rows)) {
    const auto row = rows.find(id);
    if (row == rows.end()) {
      category.add({"C5 H11 N O2 S", "149.211", "MET", "y", "METHIONINE", "?", "L-PEPTIDE LINKING"});
      smiles_category.add({"?"});
      continue;
    }
    const size_t i = row->second.back();
    category.add({formulas[i], weights[i], id, flags[i], names[i], synonyms[i], types[i]});
    smiles_category.add({smiles[i]});
  }
  std::vector<CifCategory::Column> columns = category.columns();
  if (any_smiles) columns.push_back(smiles_category.columns().front());
  out.emplace_back("_chem_comp", columns);
}

// An integer without leading zeros or a plus sign.
std::string integer_text(const std::string& text) {
  if (is_missing(text)) return "?";
  const char* begin = text.data() + (text.starts_with('+') ? 1 : 0);
  long value = 0;
  const auto [end, status] = std::from_chars(begin, text.data() + text.size(), value);
  if (status != std::errc() || end != text.data() + text.size()) {
    throw Error("_chem_comp_atom", "'" + text + "' is not an integer");
  }
  return std::to_string(value);
}

// Coordinates of a component's atoms; single precision where all are known, as in the reference.
Texts coordinate_texts(const Texts& values, const std::vector<size_t>& rows) {
  const bool complete =
      std::none_of(rows.begin(), rows.end(), [&](size_t i) { return is_missing(values[i]); });
  Texts out;
  for (const size_t i : rows) {
    double value = 0;
    std::from_chars(values[i].data(), values[i].data() + values[i].size(), value);
    if (complete) value = static_cast<float>(value);
    out.push_back(is_missing(values[i]) ? "?" : fmt::format("{:.3f}", value));
  }
  return out;
}

// The last row of each atom, in the order of the atoms' first rows.
std::vector<size_t> last_rows_of_atoms(const Texts& atoms, const std::vector<size_t>& rows) {
  std::vector<size_t> kept;
  std::map<std::string, size_t> place;
  for (const size_t i : rows) {
    const auto [found, is_new] = place.emplace(atoms[i], kept.size());
    if (is_new) {
      kept.push_back(i);
    } else {
      kept[found->second] = i;
    }
  }
  return kept;
}

void add_component_atoms(Categories& out, const cif::Block& block) {
  const Texts components = column(block, "_chem_comp_atom.comp_id");
  const auto values = [&](const char* key) {
    return column(block, std::string("_chem_comp_atom.") + key, components.size());
  };
  const Texts atoms = values("atom_id"), charges = values("charge"),
              leaving = values("pdbx_leaving_atom_flag");
  const Texts ordinals = values("pdbx_ordinal"), elements = values("type_symbol");
  const Texts x = values("pdbx_model_Cartn_x_ideal"), y = values("pdbx_model_Cartn_y_ideal"),
              z = values("pdbx_model_Cartn_z_ideal");
  CifCategory category("_chem_comp_atom", {"atom_id", "charge", "comp_id", "pdbx_leaving_atom_flag",
                                           "pdbx_model_Cartn_x_ideal", "pdbx_model_Cartn_y_ideal",
                                           "pdbx_model_Cartn_z_ideal", "pdbx_ordinal", "type_symbol"});
  const RowsOfComponent rows = rows_of_component(components);
  for (const std::string& id : sorted_components(rows_of_component(column(block, "_chem_comp.id")))) {
    const auto found = rows.find(id);
    if (found == rows.end()) continue;
    const std::vector<size_t> kept = last_rows_of_atoms(atoms, found->second);
    const Texts xs = coordinate_texts(x, kept), ys = coordinate_texts(y, kept),
                zs = coordinate_texts(z, kept);
    for (size_t k = 0; k < kept.size(); ++k) {
      const size_t i = kept[k];
      category.add({atoms[i], integer_text(charges[i]), id, leaving[i], xs[k], ys[k], zs[k],
                    integer_text(ordinals[i]), elements[i]});
    }
  }
  out.push_back(std::move(category));
}

void add_component_bonds(Categories& out, const cif::Block& block) {
  const Texts components = column(block, "_chem_comp_bond.comp_id");
  const auto values = [&](const char* key) {
    return column(block, std::string("_chem_comp_bond.") + key, components.size());
  };
  const Texts first = values("atom_id_1"), second = values("atom_id_2"), order = values("value_order");
  const Texts aromatic = values("pdbx_aromatic_flag"), stereo = values("pdbx_stereo_config");
  const auto or_unknown = [](const std::string& text) { return text.empty() ? std::string("?") : text; };
  CifCategory category("_chem_comp_bond", {"atom_id_1", "atom_id_2", "comp_id", "pdbx_aromatic_flag",
                                           "pdbx_stereo_config", "value_order"});
  const RowsOfComponent rows = rows_of_component(components);
  for (const std::string& id : sorted_components(rows_of_component(column(block, "_chem_comp.id")))) {
    const auto found = rows.find(id);
    if (found == rows.end()) continue;
    for (const size_t i : found->second) {
      category.add(
          {first[i], second[i], id, or_unknown(aromatic[i]), or_unknown(stereo[i]), or_unknown(order[i])});
    }
  }
  out.push_back(std::move(category));
}

void add_chain(Categories& out, const PolymerChain& chain) {
  CifCategory asym("_struct_asym", {"entity_id", "id"});
  asym.add({chain.entity, chain.id});
  CifCategory entity("_entity", {"id", "pdbx_description", "type"});
  entity.add({chain.entity, chain.description, "polymer"});
  CifCategory polymer("_entity_poly", {"entity_id", "pdbx_strand_id", "type"});
  polymer.add({chain.entity, chain.author_id, chain.type});
  CifCategory sequence("_entity_poly_seq", {"entity_id", "hetero", "mon_id", "num"});
  CifCategory scheme("_pdbx_poly_seq_scheme", {"asym_id", "auth_seq_num", "entity_id", "hetero", "mon_id",
                                               "pdb_ins_code", "pdb_seq_num", "pdb_strand_id", "seq_id"});
  for (const ChainResidue& residue : chain.residues) {
    const std::string insertion = residue.insertion == "?" ? "." : residue.insertion;
    const std::string author_number = residue.atoms.empty() ? "?" : residue.author_id;
    sequence.add({chain.entity, "n", residue.name, residue.id});
    scheme.add({chain.id, author_number, chain.entity, "n", residue.name, insertion, residue.author_id,
                chain.author_id, residue.id});
  }
  for (CifCategory* category : {&asym, &entity, &polymer, &sequence, &scheme}) out.push_back(*category);
}

void add_atoms(Categories& out, const PolymerChain& chain) {
  CifCategory site("_atom_site", {"group_PDB", "id", "type_symbol", "label_atom_id", "label_alt_id",
                                  "label_comp_id", "label_asym_id", "label_entity_id", "label_seq_id",
                                  "pdbx_PDB_ins_code", "Cartn_x", "Cartn_y", "Cartn_z", "occupancy",
                                  "B_iso_or_equiv", "auth_seq_id", "auth_asym_id", "pdbx_PDB_model_num"});
  for (const ChainResidue& residue : chain.residues) {
    const char* group = is_standard_residue(residue.name) ? "ATOM" : "HETATM";
    for (const ChainAtom& atom : residue.atoms) {
      const auto& [x, y, z] = atom.position;
      site.add({group, std::to_string(site.rows() + 1), atom.element, atom.name, ".", residue.name, chain.id,
                chain.entity, residue.id, residue.insertion, fmt::format("{:.3f}", static_cast<double>(x)),
                fmt::format("{:.3f}", static_cast<double>(y)), fmt::format("{:.3f}", static_cast<double>(z)),
                fmt::format("{:.2f}", static_cast<double>(atom.occupancy)),
                fmt::format("{:.2f}", static_cast<double>(atom.b_factor)), residue.author_id, chain.author_id,
                "1"});
    }
  }
  out.push_back(std::move(site));
}

std::string chain_text(const cif::Block& block, const PolymerChain& chain) {
  Categories categories;
  add_header(categories, block);
  add_assemblies(categories, block);
  add_components(categories, block);
  add_component_atoms(categories, block);
  add_component_bonds(categories, block);
  add_chain(categories, chain);
  add_atoms(categories, chain);
  std::string name = entry_name(block);
  std::replace(name.begin(), name.end(), ' ', '-');
  return cif_text(name, categories);
}

}  // namespace

struct PdbEntry::Content {
  cif::Block block;
  std::string release_date;
  // Read on first use: a filter may need only the date.
  std::unique_ptr<const PolymerChains> polymers;
  std::optional<PolymerChain> chain;  // the last one requested
};

PdbEntry::PdbEntry(std::string_view mmcif) : content_(std::make_unique<Content>()) {
  content_->block = parse_cif_block(mmcif, "PDB entry");
  try {
    content_->release_date = pleat::chem::release_date(content_->block);
  } catch (const Error& error) {
    throw error.within("data_" + content_->block.name);
  }
}

PdbEntry::~PdbEntry() = default;
PdbEntry::PdbEntry(PdbEntry&&) noexcept = default;
PdbEntry& PdbEntry::operator=(PdbEntry&&) noexcept = default;

const std::string& PdbEntry::release_date() const { return content_->release_date; }

const PolymerChain* PdbEntry::find(const std::string& author_id) const {
  if (!content_->polymers) content_->polymers = std::make_unique<PolymerChains>(content_->block);
  if (content_->chain && content_->chain->author_id == author_id) return &*content_->chain;
  for (const PolymerChain& chain : content_->polymers->chains()) {
    if (chain.author_id != author_id) continue;
    content_->chain = content_->polymers->with_residues(chain);
    return &*content_->chain;
  }
  return nullptr;
}

std::optional<EntryChain> PdbEntry::chain(const std::string& author_id) const {
  try {
    const PolymerChain* found = find(author_id);
    if (!found) return std::nullopt;
    EntryChain chain{one_letter_sequence(*found), {}};
    for (const ChainResidue& residue : found->residues) chain.resolved.push_back(!residue.atoms.empty());
    return chain;
  } catch (const Error& error) {
    throw error.within("data_" + content_->block.name);
  }
}

std::string PdbEntry::chain_mmcif(const std::string& author_id) const {
  try {
    const PolymerChain* found = find(author_id);
    PLEAT_ASSERT(found);
    return chain_text(content_->block, *found);
  } catch (const Error& error) {
    throw error.within("data_" + content_->block.name);
  }
}

}  // namespace pleat::chem
