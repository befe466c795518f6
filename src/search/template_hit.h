// One hit of a template search: a piece of a PDB chain aligned to the query. docs/specs/featurisation.md,
// section 13; the reference's data/templates.py and template_realign.py. Internal to search.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace pleat::search {

struct TemplateHit {
  std::string pdb_id, author_chain;
  int begin = 0, end = 0;  // [begin, end) of the chain's sequence in the searched file
  int full_length = 0;     // of that sequence
  std::string row;         // '-': no residue for the query's; lower case: not aligned

  std::string residues() const;  // the row in upper case without gaps
};

// Reads a header "PDBID_CHAIN/FROM-TO ... length:N ..." and its row. Throws Error naming the header: another
// form, or numbers that do not fit the row.
TemplateHit parse_template_hit(const std::string& header, const std::string& row);

// Whether a database header (without '>') gives hits with readable headers: "PDBID_CHAIN ... length:N ...".
bool is_header_of_template(std::string_view header);

// Pairs of query residue and structure residue, 0-based, in increasing query order.
using ResidueMap = std::vector<std::pair<int, int>>;

// Maps a hit to `structure`, the structure's sequence (all residues, unresolved ones too). If that differs
// from the searched sequence in length and in the hit's residues, aligns the hit again letter by letter: at a
// mismatch skips the fewest of the hit's letters that let the next one match. The hit may start earlier by as
// many residues as the structure lacks. nullopt when the structure is longer than the searched sequence, or
// the map runs past it.
std::optional<ResidueMap> map_to_structure(const TemplateHit& hit, const std::string& structure);

}  // namespace pleat::search
