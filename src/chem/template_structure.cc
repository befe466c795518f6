// Reads a template: which chain is the polymer, which residues it has, and where their atoms are.
#include "chem/template_structure.h"

#include <algorithm>
#include <charconv>
#include <map>
#include <optional>
#include <set>
#include <tuple>

#include "base/error.h"
#include "chem/alt_loc.h"
#include "chem/cif_text.h"

namespace pleat {
namespace cif = gemmi::cif;

namespace {

const std::set<std::string> kPolymerTypes = {"polypeptide(L)",
                                             "polypeptide(D)",
                                             "polyribonucleotide",
                                             "polydeoxyribonucleotide",
                                             "polydeoxyribonucleotide/polyribonucleotide hybrid",
                                             "peptide nucleic acid",
                                             "cyclic-pseudo-peptide",
                                             "other"};

// The first model's rows of _atom_site, by column.
struct AtomSite {
  size_t rows = 0;
  std::vector<std::string> group, atom, alt, residue, chain, entity, residue_id, x, y, z, occupancy;
  std::vector<std::string> author_id, insertion;
};

// A residue as _atom_site gives it, alternate locations resolved.
struct SiteResidue {
  std::string name, id, author_id, insertion;
  std::vector<TemplateAtom> atoms;
};

// A row of a polymer's residue table.
struct SchemeRow {
  std::string id, name, author_id, insertion;
};

using Texts = std::vector<std::string>;

std::string one_unknown(const std::string& insertion) { return insertion == "." ? "?" : insertion; }

AtomSite read_atom_site(const cif::Block& block) {
  const auto tag = [](const char* column) { return std::string("_atom_site.") + column; };
  AtomSite site;
  const auto required = [&](const char* column) {
    const Texts values = cif_column(block, tag(column));
    if (values.empty()) throw Error("_atom_site", tag(column) + " is missing or empty", "Give the atoms.");
    return cif_column(block, tag(column), site.rows ? site.rows : values.size(), "");
  };
  site.chain = required("label_asym_id");
  site.rows = site.chain.size();
  site.atom = required("label_atom_id");
  site.residue = required("label_comp_id");
  site.residue_id = required("label_seq_id");
  site.x = required("Cartn_x");
  site.y = required("Cartn_y");
  site.z = required("Cartn_z");
  site.group = cif_column(block, tag("group_PDB"), site.rows, "ATOM");
  site.alt = cif_column(block, tag("label_alt_id"), site.rows, ".");
  site.entity = cif_column(block, tag("label_entity_id"), site.rows, "?");
  site.occupancy = cif_column(block, tag("occupancy"), site.rows, "1");
  site.insertion = cif_column(block, tag("pdbx_PDB_ins_code"), site.rows, "?");
  site.author_id = cif_column(block, tag("auth_seq_id"));
  if (site.author_id.empty()) site.author_id = site.residue_id;
  const Texts model = cif_column(block, tag("pdbx_PDB_model_num"), site.rows, "1");
  site.rows = static_cast<size_t>(
      std::find_if(model.begin(), model.end(), [&](const auto& id) { return id != model.front(); }) -
      model.begin());
  return site;
}

// Entity of every chain: _struct_asym, else as the atoms say, each chain its own where they don't.
std::vector<std::pair<std::string, std::string>> chain_entities(const cif::Block& block,
                                                                const AtomSite& site) {
  std::vector<std::pair<std::string, std::string>> pairs;
  const Texts chains = cif_column(block, "_struct_asym.id");
  const Texts entities = cif_column(block, "_struct_asym.entity_id", chains.size(), "?");
  for (size_t i = 0; i < chains.size(); ++i) pairs.emplace_back(chains[i], entities[i]);
  if (!pairs.empty()) return pairs;
  std::set<std::string> seen;
  for (size_t i = 0; i < site.rows; ++i) {
    if (!seen.insert(site.chain[i]).second) continue;
    pairs.emplace_back(site.chain[i], site.entity[i] == "?" ? site.chain[i] : site.entity[i]);
  }
  return pairs;
}

// The entities that are polymers: by _entity_poly where there is an _entity table, else those of which some
// atom is no HETATM.
std::set<std::string> polymer_entities(const cif::Block& block, const AtomSite& site,
                                       const std::map<std::string, std::string>& entity_of_chain) {
  std::set<std::string> polymers;
  const Texts entities = cif_column(block, "_entity_poly.entity_id");
  const Texts types = cif_column(block, "_entity_poly.type", entities.size(), "other");
  for (size_t i = 0; i < entities.size(); ++i) {
    if (kPolymerTypes.contains(types[i])) polymers.insert(entities[i]);
  }
  if (!entities.empty() || !cif_column(block, "_entity.id").empty()) return polymers;
  for (size_t i = 0; i < site.rows; ++i) {
    const auto entity = entity_of_chain.find(site.chain[i]);
    if (site.group[i] != "HETATM" && entity != entity_of_chain.end()) polymers.insert(entity->second);
  }
  return polymers;
}

AltLocAtom alt_loc_atom(const AtomSite& site, size_t row) {
  AltLocAtom atom{site.residue[row], site.atom[row], site.alt[row].empty() ? '.' : site.alt[row][0], 0};
  const std::string& text = site.occupancy[row];
  std::from_chars(text.data(), text.data() + text.size(), atom.occupancy);
  return atom;
}

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

SiteResidue read_site_residue(const AtomSite& site, size_t begin, size_t end) {
  std::vector<AltLocAtom> rows;
  for (size_t row = begin; row < end; ++row) rows.push_back(alt_loc_atom(site, row));
  const std::vector<size_t> keep = resolve_alt_locs(rows);
  const size_t first = begin + keep.front();
  SiteResidue residue{site.residue[first],
                      site.residue_id[first],
                      site.author_id[first],
                      one_unknown(site.insertion[first]),
                      {}};
  for (size_t i : keep) {
    const size_t row = begin + i;
    put_atom(residue.atoms,
             {site.atom[row],
              {parse_coordinate(site.x[row]), parse_coordinate(site.y[row]), parse_coordinate(site.z[row])}});
  }
  return residue;
}

// The residues of `chain` that have atoms: runs of rows with the same chain, author's number and insertion
// code.
std::vector<SiteResidue> read_site_residues(const AtomSite& site, const std::string& chain) {
  std::vector<SiteResidue> residues;
  for (size_t begin = 0; begin < site.rows;) {
    size_t end = begin + 1;
    while (end < site.rows && site.chain[end] == site.chain[begin] &&
           site.author_id[end] == site.author_id[begin] && site.insertion[end] == site.insertion[begin]) {
      ++end;
    }
    if (site.chain[begin] == chain) residues.push_back(read_site_residue(site, begin, end));
    begin = end;
  }
  return residues;
}

// The residues of a chain by _pdbx_poly_seq_scheme; nullopt when the block lacks one of its columns.
std::optional<std::vector<SchemeRow>> read_scheme(const cif::Block& block, const std::string& chain) {
  const auto column = [&](const char* name) {
    return cif_column(block, std::string("_pdbx_poly_seq_scheme.") + name);
  };
  const Texts chains = column("asym_id"), ids = column("seq_id"), names = column("mon_id");
  const Texts author_ids = column("pdb_seq_num"), insertions = column("pdb_ins_code");
  for (const Texts* texts : {&chains, &ids, &names, &author_ids, &insertions}) {
    if (texts->empty() || texts->size() != chains.size()) return std::nullopt;
  }
  std::vector<SchemeRow> rows;
  for (size_t i = 0; i < chains.size(); ++i) {
    if (chains[i] == chain) rows.push_back({ids[i], names[i], author_ids[i], one_unknown(insertions[i])});
  }
  return rows;
}

// The residues of an entity by _entity_poly_seq, with the author's numbers of those that have atoms; nullopt
// when the block lacks one of its columns.
std::optional<std::vector<SchemeRow>> read_entity_sequence(const cif::Block& block, const std::string& entity,
                                                           const std::vector<SiteResidue>& resolved) {
  const Texts entities = cif_column(block, "_entity_poly_seq.entity_id");
  const Texts ids = cif_column(block, "_entity_poly_seq.num");
  const Texts names = cif_column(block, "_entity_poly_seq.mon_id");
  if (entities.empty() || ids.size() != entities.size() || names.size() != entities.size())
    return std::nullopt;
  std::map<std::string, const SiteResidue*> by_id;
  for (const SiteResidue& residue : resolved) by_id[residue.id] = &residue;
  std::vector<SchemeRow> rows;
  for (size_t i = 0; i < entities.size(); ++i) {
    if (entities[i] != entity) continue;
    const auto found = by_id.find(ids[i]);
    const bool has_atoms = found != by_id.end();
    rows.push_back({ids[i], names[i], has_atoms ? found->second->author_id : ".",
                    has_atoms ? found->second->insertion : "?"});
  }
  return rows;
}

std::vector<SchemeRow> residue_table(const cif::Block& block, const std::string& chain,
                                     const std::string& entity, const std::vector<SiteResidue>& resolved) {
  if (const auto rows = read_scheme(block, chain)) return *rows;
  if (const auto rows = read_entity_sequence(block, entity, resolved)) return *rows;
  std::vector<SchemeRow> rows;
  for (const SiteResidue& r : resolved) rows.push_back({r.id, r.name, r.author_id, r.insertion});
  return rows;
}

// A polymer chain: those of its residues that have atoms, and the table of all.
struct Polymer {
  std::string chain;
  std::vector<SiteResidue> resolved;
  std::vector<SchemeRow> rows;
};

// The one polymer chain that has residues.
Polymer read_polymer(const cif::Block& block) {
  const AtomSite site = read_atom_site(block);
  const auto pairs = chain_entities(block, site);
  const auto polymer = polymer_entities(block, site, {pairs.begin(), pairs.end()});
  std::vector<Polymer> found;
  for (const auto& [chain, entity] : pairs) {
    if (!polymer.contains(entity)) continue;
    const auto resolved = read_site_residues(site, chain);
    const auto rows = residue_table(block, chain, entity, resolved);
    if (!rows.empty()) found.push_back({chain, resolved, rows});
  }
  if (found.size() != 1) {
    throw Error("_struct_asym", "it has " + std::to_string(found.size()) + " polymer chains",
                "Keep exactly one polymer chain.");
  }
  return found.front();
}

// Drops the rows of residue names that lost against another name at the same place.
void drop_unchosen(std::vector<SchemeRow>& rows, const std::vector<SiteResidue>& resolved) {
  std::map<std::string, std::string> chosen;
  for (const SiteResidue& residue : resolved) {
    if (residue.id != ".") chosen[residue.id] = residue.name;
  }
  std::erase_if(rows, [&](const SchemeRow& row) {
    const auto found = chosen.find(row.id);
    return found != chosen.end() && found->second != row.name;
  });
}

float distance_squared(const TemplateAtom& a, const TemplateAtom& b) {
  float sum = 0;
  for (int axis = 0; axis < 3; ++axis) {
    const float difference = a.position[axis] - b.position[axis];
    sum += difference * difference;
  }
  return sum;
}

// Names an arginine's NH1 the one nearer to CD. Their hydrogens are not used by anyone.
void order_arginine(std::vector<TemplateAtom>& atoms) {
  const auto find = [&](const char* name) {
    return std::find_if(atoms.begin(), atoms.end(), [&](const auto& atom) { return atom.name == name; });
  };
  const auto cd = find("CD"), nh1 = find("NH1"), nh2 = find("NH2");
  if (cd == atoms.end() || nh1 == atoms.end() || nh2 == atoms.end()) return;
  if (distance_squared(*nh1, *cd) > distance_squared(*nh2, *cd)) std::swap(nh1->name, nh2->name);
}

void name_as_methionine(TemplateResidue& residue) {
  if (residue.name == "MSE") residue.name = "MET";
  if (residue.name != "MET") return;
  for (TemplateAtom& atom : residue.atoms) {
    if (atom.name == "SE") atom.name = "SD";
  }
}

std::vector<TemplateResidue> read_residues(const cif::Block& block) {
  Polymer polymer = read_polymer(block);
  drop_unchosen(polymer.rows, polymer.resolved);
  std::map<std::tuple<std::string, std::string, std::string>, size_t> row_of;
  std::vector<TemplateResidue> residues;
  for (const SchemeRow& row : polymer.rows) {
    row_of[{row.author_id, row.name, row.insertion}] = residues.size();
    residues.push_back({row.name, {}});
  }
  for (SiteResidue& residue : polymer.resolved) {
    const auto row = row_of.find({residue.author_id, residue.name, residue.insertion});
    if (row == row_of.end()) {
      throw Error("_pdbx_poly_seq_scheme",
                  "the residue " + residue.name + " " + residue.author_id + " of _atom_site is not in it",
                  "List every residue of chain " + polymer.chain + ".");
    }
    if (residue.name == "ARG") order_arginine(residue.atoms);
    for (TemplateAtom& atom : residue.atoms) put_atom(residues[row->second].atoms, std::move(atom));
  }
  for (TemplateResidue& residue : residues) name_as_methionine(residue);
  return residues;
}

bool is_date(const std::string& text) {
  if (text.size() != 10 || text[4] != '-' || text[7] != '-') return false;
  int numbers[3] = {0, 0, 0};
  const char* parts[3][2] = {{&text[0], &text[4]}, {&text[5], &text[7]}, {&text[8], &text[10]}};
  for (int i = 0; i < 3; ++i) {
    const auto [end, status] = std::from_chars(parts[i][0], parts[i][1], numbers[i]);
    if (status != std::errc() || end != parts[i][1]) return false;
  }
  return numbers[0] > 0 && numbers[1] >= 1 && numbers[1] <= 12 && numbers[2] >= 1 && numbers[2] <= 31;
}

std::string release_date(const cif::Block& block) {
  const Texts dates = cif_column(block, "_pdbx_audit_revision_history.revision_date");
  const std::string oldest = dates.empty() ? "" : *std::min_element(dates.begin(), dates.end());
  if (!is_date(oldest)) {
    throw Error("_pdbx_audit_revision_history",
                dates.empty() ? "it has no release date" : "the release date '" + oldest + "' is no date",
                "Set _pdbx_audit_revision_history.revision_date, as 1989-11-17.");
  }
  return oldest;
}

}  // namespace

TemplateStructure read_template(std::string_view mmcif) {
  const cif::Block block = parse_cif_block(mmcif, "template");
  try {
    const Texts entry = cif_column(block, "_entry.id");
    if (gemmi::trim_str(entry.empty() ? block.name : entry.front()).empty()) {
      throw Error("_entry", "it has no name", "Set _entry.id.");
    }
    return {release_date(block), read_residues(block)};
  } catch (const Error& error) {
    throw error.within("data_" + block.name);
  }
}

}  // namespace pleat
