#include "chem/polymer_chains.h"

#include <algorithm>
#include <charconv>
#include <iterator>
#include <set>
#include <tuple>

#include "base/error.h"
#include "chem/alt_loc.h"
#include "chem/ccd.h"
#include "chem/cif_text.h"
#include "chem/standard_residues.h"

namespace pleat::chem {
namespace cif = gemmi::cif;

namespace {

using Texts = std::vector<std::string>;

const std::set<std::string> kPolymerTypes = {"polypeptide(L)",
                                             "polypeptide(D)",
                                             "polyribonucleotide",
                                             "polydeoxyribonucleotide",
                                             "polydeoxyribonucleotide/polyribonucleotide hybrid",
                                             "peptide nucleic acid",
                                             "cyclic-pseudo-peptide",
                                             "other"};

// Both spellings of a missing label_seq_id.
bool is_missing(const std::string& number) { return number == "." || number == "?"; }

std::string one_unknown(const std::string& insertion) { return insertion == "." ? "?" : insertion; }

float parse_or(const std::string& text, float otherwise) {
  float value = otherwise;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

float distance_squared(const ChainAtom& a, const ChainAtom& b) {
  float sum = 0;
  for (int axis = 0; axis < 3; ++axis) {
    const float difference = a.position[axis] - b.position[axis];
    sum += difference * difference;
  }
  return sum;
}

// Swaps the names of two atoms; a lone atom gets the name of the missing one.
void swap_names(std::vector<ChainAtom>& atoms, const char* first, const char* second,
                const char* new_name_of_lone_second) {
  const auto find = [&](const char* name) {
    return std::find_if(atoms.begin(), atoms.end(), [&](const auto& atom) { return atom.name == name; });
  };
  const auto a = find(first), b = find(second);
  if (a != atoms.end()) a->name = second;
  if (b != atoms.end()) b->name = a != atoms.end() ? first : new_name_of_lone_second;
}

// Names an arginine's NH1 the one nearer to CD, and the hydrogens after it. A lone HH22 becomes HH21, as in
// the reference.
void order_arginine(std::vector<ChainAtom>& atoms) {
  const auto find = [&](const char* name) {
    return std::find_if(atoms.begin(), atoms.end(), [&](const auto& atom) { return atom.name == name; });
  };
  const auto cd = find("CD"), nh1 = find("NH1"), nh2 = find("NH2");
  if (cd == atoms.end() || nh1 == atoms.end() || nh2 == atoms.end()) return;
  if (distance_squared(*nh1, *cd) <= distance_squared(*nh2, *cd)) return;
  swap_names(atoms, "NH1", "NH2", "NH1");
  swap_names(atoms, "HH11", "HH21", "HH11");
  swap_names(atoms, "HH12", "HH22", "HH21");
}

void name_as_methionine(ChainResidue& residue) {
  if (residue.name == "MSE") residue.name = "MET";
  if (residue.name != "MET") return;
  for (ChainAtom& atom : residue.atoms) {
    if (atom.name != "SE") continue;
    atom.name = "SD";
    atom.element = "S";
  }
}

// Drops the rows of residue names that were not chosen at their place.
void drop_unchosen(std::vector<ChainResidue>& rows, const std::vector<ChainResidue>& resolved) {
  std::map<std::string, std::string> chosen;
  for (const ChainResidue& residue : resolved) {
    if (!is_missing(residue.id)) chosen[residue.id] = residue.name;
  }
  std::erase_if(rows, [&](const ChainResidue& row) {
    const auto found = chosen.find(row.id);
    return found != chosen.end() && found->second != row.name;
  });
}

// The type of a polymer by its residue names: protein if any is an amino acid, else the type with most atoms.
std::string guess_polymer_type(const std::map<std::string, int>& atoms_of_residue) {
  int counts[3] = {0, 0, 0};  // other, DNA, RNA: the later wins a tie
  for (const auto& [name, atoms] : atoms_of_residue) {
    const bool standard = is_standard_residue(name);
    if ((standard && name.size() == 3) || name == "UNK" || name == "MSE") return "polypeptide(L)";
    counts[!standard ? 0 : name.size() == 2 ? 1 : 2] += atoms;
  }
  if (counts[2] >= counts[1] && counts[2] >= counts[0]) return "polyribonucleotide";
  return counts[1] >= counts[0] ? "polydeoxyribonucleotide" : "other";
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

}  // namespace

PolymerChains::PolymerChains(const cif::Block& block) : block_(block) {
  read_atom_site();
  read_scheme();
  read_chains();
}

void PolymerChains::read_atom_site() {
  const auto tag = [](const char* column) { return std::string("_atom_site.") + column; };
  const auto required = [&](const char* column) {
    const Texts values = cif_column(block_, tag(column));
    if (values.empty()) throw Error("_atom_site", tag(column) + " is missing or empty", "Add the atoms.");
    return cif_column(block_, tag(column), site_.rows ? site_.rows : values.size(), "");
  };
  const auto optional = [&](const char* column, const char* otherwise) {
    return cif_column(block_, tag(column), site_.rows, otherwise);
  };
  site_.chain = required("label_asym_id");
  site_.rows = site_.chain.size();
  site_.atom = required("label_atom_id");
  site_.residue = required("label_comp_id");
  site_.residue_id = required("label_seq_id");
  site_.x = required("Cartn_x");
  site_.y = required("Cartn_y");
  site_.z = required("Cartn_z");
  site_.group = optional("group_PDB", "ATOM");
  site_.element = optional("type_symbol", "?");
  site_.alt = optional("label_alt_id", ".");
  site_.entity = optional("label_entity_id", "?");
  site_.occupancy = optional("occupancy", "1");
  site_.b_factor = optional("B_iso_or_equiv", "0");
  site_.insertion = optional("pdbx_PDB_ins_code", "?");
  site_.author_chain = cif_column(block_, tag("auth_asym_id"));
  if (site_.author_chain.empty()) site_.author_chain = site_.chain;
  site_.author_id = cif_column(block_, tag("auth_seq_id"));
  if (site_.author_id.empty()) site_.author_id = site_.residue_id;
  const Texts model = optional("pdbx_PDB_model_num", "1");
  site_.rows = static_cast<size_t>(
      std::find_if(model.begin(), model.end(), [&](const auto& id) { return id != model.front(); }) -
      model.begin());
}

void PolymerChains::read_scheme() {
  const auto column = [&](const char* name) {
    return cif_column(block_, std::string("_pdbx_poly_seq_scheme.") + name);
  };
  Scheme scheme{column("asym_id"),     column("seq_id"),       column("mon_id"),
                column("pdb_seq_num"), column("pdb_ins_code"), column("pdb_strand_id")};
  for (const Texts* texts : {&scheme.chain, &scheme.id, &scheme.name, &scheme.author_id, &scheme.insertion}) {
    if (texts->empty() || texts->size() != scheme.chain.size()) return;
  }
  scheme_ = std::move(scheme);
}

// Chains come from _struct_asym, else from the atoms; a chain without an entity is its own. Polymers come
// from _entity_poly where there is an _entity table, else they are the chains with an atom that is not
// HETATM.
void PolymerChains::read_chains() {
  Texts chains = cif_column(block_, "_struct_asym.id");
  Texts entities = cif_column(block_, "_struct_asym.entity_id", chains.size(), "?");
  std::set<std::string> seen;
  for (size_t i = 0; cif_column(block_, "_struct_asym.id").empty() && i < site_.rows; ++i) {
    if (!seen.insert(site_.chain[i]).second) continue;
    chains.push_back(site_.chain[i]);
    entities.push_back(site_.entity[i] == "?" ? site_.chain[i] : site_.entity[i]);
  }
  const std::map<std::string, std::string> types = polymer_types(chains, entities);
  std::map<std::string, std::string> descriptions;
  const Texts ids = cif_column(block_, "_entity.id");
  const Texts texts = cif_column(block_, "_entity.pdbx_description", ids.size(), "?");
  for (size_t i = 0; i < ids.size(); ++i) descriptions[ids[i]] = texts[i];
  for (size_t i = 0; i < chains.size(); ++i) {
    const auto type = types.find(entities[i]);
    if (type == types.end()) continue;
    const auto description = descriptions.find(entities[i]);
    chains_.push_back({chains[i],
                       author_id(chains[i]),
                       entities[i],
                       type->second,
                       description == descriptions.end() ? "?" : description->second,
                       {}});
  }
}

std::map<std::string, std::string> PolymerChains::polymer_types(const Texts& chains,
                                                                const Texts& entities) const {
  std::map<std::string, std::string> types;
  const Texts ids = cif_column(block_, "_entity_poly.entity_id");
  const Texts given = cif_column(block_, "_entity_poly.type", ids.size(), "other");
  for (size_t i = 0; i < ids.size(); ++i) {
    if (kPolymerTypes.contains(given[i])) types[ids[i]] = given[i];
  }
  if (!ids.empty() || !cif_column(block_, "_entity.id").empty()) return types;
  std::map<std::string, std::string> entity_of_chain;
  for (size_t i = 0; i < chains.size(); ++i) entity_of_chain[chains[i]] = entities[i];
  std::map<std::string, std::map<std::string, int>> residues;
  std::set<std::string> polymers;
  for (size_t i = 0; i < site_.rows; ++i) {
    const auto entity = entity_of_chain.find(site_.chain[i]);
    if (entity == entity_of_chain.end()) continue;
    ++residues[entity->second][site_.residue[i]];
    if (site_.group[i] != "HETATM") polymers.insert(entity->second);
  }
  for (const std::string& entity : polymers) types[entity] = guess_polymer_type(residues[entity]);
  return types;
}

// The author's id of a chain: from the table of residues, else from the atoms, else the chain's own id.
std::string PolymerChains::author_id(const std::string& chain) const {
  const auto find = [&](const Texts& chains, const Texts& authors) -> std::string {
    const auto found = std::find(chains.begin(), chains.end(), chain);
    if (found == chains.end() || authors.size() != chains.size()) return "";
    return authors[static_cast<size_t>(found - chains.begin())];
  };
  const std::string by_scheme = find(scheme_.chain, scheme_.author_chain);
  if (!by_scheme.empty()) return by_scheme;
  const std::string by_atoms = find(site_.chain, site_.author_chain);
  return by_atoms.empty() ? chain : by_atoms;
}

ChainResidue PolymerChains::read_site_residue(size_t begin, size_t end) const {
  std::vector<AltLocAtom> rows;
  for (size_t row = begin; row < end; ++row) {
    rows.push_back({site_.residue[row], site_.atom[row], site_.alt[row].empty() ? '.' : site_.alt[row][0],
                    parse_or(site_.occupancy[row], 0)});
  }
  const std::vector<size_t> keep = resolve_alt_locs(rows);
  const size_t first = begin + keep.front();
  ChainResidue residue{site_.residue_id[first],
                       site_.residue[first],
                       site_.author_id[first],
                       one_unknown(site_.insertion[first]),
                       {}};
  for (size_t i : keep) {
    const size_t row = begin + i;
    residue.atoms.push_back(
        {site_.atom[row],
         site_.element[row],
         {parse_coordinate(site_.x[row]), parse_coordinate(site_.y[row]), parse_coordinate(site_.z[row])},
         rows[i].occupancy,
         parse_or(site_.b_factor[row], 0)});
  }
  return residue;
}

// The residues of `chain` that have atoms: runs of rows with the same chain, author's number and insertion
// code.
std::vector<ChainResidue> PolymerChains::read_site_residues(const std::string& chain) const {
  std::vector<ChainResidue> residues;
  for (size_t begin = 0; begin < site_.rows;) {
    size_t end = begin + 1;
    while (end < site_.rows && site_.chain[end] == site_.chain[begin] &&
           site_.author_id[end] == site_.author_id[begin] && site_.insertion[end] == site_.insertion[begin]) {
      ++end;
    }
    if (site_.chain[begin] == chain) residues.push_back(read_site_residue(begin, end));
    begin = end;
  }
  return residues;
}

// The residues of an entity by _entity_poly_seq, with the author's numbers where there are atoms; nullopt
// when the block lacks one of the category's columns.
std::optional<std::vector<ChainResidue>> PolymerChains::entity_sequence(
    const std::string& entity, const std::vector<ChainResidue>& resolved) const {
  const Texts entities = cif_column(block_, "_entity_poly_seq.entity_id");
  const Texts ids = cif_column(block_, "_entity_poly_seq.num");
  const Texts names = cif_column(block_, "_entity_poly_seq.mon_id");
  if (entities.empty() || ids.size() != entities.size() || names.size() != entities.size()) {
    return std::nullopt;
  }
  std::map<std::string, const ChainResidue*> by_id;
  for (const ChainResidue& residue : resolved) by_id[residue.id] = &residue;
  std::vector<ChainResidue> rows;
  for (size_t i = 0; i < entities.size(); ++i) {
    if (entities[i] != entity) continue;
    const auto found = by_id.find(ids[i]);
    const bool has_atoms = found != by_id.end();
    rows.push_back({ids[i],
                    names[i],
                    has_atoms ? found->second->author_id : ".",
                    has_atoms ? found->second->insertion : "?",
                    {}});
  }
  return rows;
}

// All residues of a chain, without their atoms.
std::vector<ChainResidue> PolymerChains::residue_table(const PolymerChain& chain,
                                                       const std::vector<ChainResidue>& resolved) const {
  std::vector<ChainResidue> rows;
  for (size_t i = 0; i < scheme_.chain.size(); ++i) {
    if (scheme_.chain[i] != chain.id) continue;
    rows.push_back(
        {scheme_.id[i], scheme_.name[i], scheme_.author_id[i], one_unknown(scheme_.insertion[i]), {}});
  }
  if (!scheme_.chain.empty()) return rows;
  if (const auto sequence = entity_sequence(chain.entity, resolved)) return *sequence;
  for (const ChainResidue& residue : resolved) {
    const std::string number = is_missing(residue.id) ? std::to_string(rows.size() + 1) : residue.id;
    rows.push_back({number, residue.name, residue.author_id, residue.insertion, {}});
  }
  return rows;
}

// A residue with atoms can be missing only from a block that has one of the two tables of residues.
Error PolymerChains::not_listed(const ChainResidue& residue, const std::string& chain) const {
  const bool has_scheme = !scheme_.chain.empty();
  const std::string table = has_scheme ? "_pdbx_poly_seq_scheme" : "_entity_poly_seq";
  const bool unnumbered = !has_scheme && is_missing(residue.id);
  return Error(table,
               "the residue " + residue.name + " " + residue.author_id +
                   " of _atom_site is not in this table" +
                   (unnumbered ? ": its label_seq_id is " + residue.id : ""),
               unnumbered ? "Set its _atom_site.label_seq_id to its number in " + table + "."
                          : "List every residue of chain " + chain + ".");
}

PolymerChain PolymerChains::with_residues(PolymerChain chain) const {
  std::vector<ChainResidue> resolved = read_site_residues(chain.id);
  chain.residues = residue_table(chain, resolved);
  drop_unchosen(chain.residues, resolved);
  std::map<std::tuple<std::string, std::string, std::string>, size_t> row_of;
  for (size_t i = 0; i < chain.residues.size(); ++i) {
    const ChainResidue& row = chain.residues[i];
    row_of[{row.author_id, row.name, row.insertion}] = i;
  }
  for (ChainResidue& residue : resolved) {
    const auto row = row_of.find({residue.author_id, residue.name, residue.insertion});
    if (row == row_of.end()) {
      throw not_listed(residue, chain.id);
    }
    if (residue.name == "ARG") order_arginine(residue.atoms);
    std::vector<ChainAtom>& atoms = chain.residues[row->second].atoms;
    std::move(residue.atoms.begin(), residue.atoms.end(), std::back_inserter(atoms));
  }
  for (ChainResidue& residue : chain.residues) name_as_methionine(residue);
  return chain;
}

std::string one_letter_sequence(const PolymerChain& chain) {
  const bool nucleic = chain.type.find("ribonucleotide") != std::string::npos;
  std::string sequence;
  for (const ChainResidue& residue : chain.residues) {
    sequence += chain.type == "other" ? 'X' : one_letter(residue.name, nucleic ? 'N' : 'X');
  }
  return sequence;
}

std::string release_date(const cif::Block& block) {
  const Texts dates = cif_column(block, "_pdbx_audit_revision_history.revision_date");
  const std::string oldest = dates.empty() ? "" : *std::min_element(dates.begin(), dates.end());
  if (!is_date(oldest)) {
    throw Error(
        "_pdbx_audit_revision_history",
        dates.empty() ? "the entry has no release date" : "the release date '" + oldest + "' is not a date",
        "Set _pdbx_audit_revision_history.revision_date to a date such as 1989-11-17.");
  }
  return oldest;
}

std::string entry_name(const cif::Block& block) {
  const Texts entry = cif_column(block, "_entry.id");
  return entry.empty() ? block.name : entry.front();
}

}  // namespace pleat::chem
