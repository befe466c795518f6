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
  std::string row;         // '-': no residue for this one of the query; lower case: not aligned

  std::string residues() const;  // the row in upper case without gaps
};

// Reads a header "PDBID_CHAIN/FROM-TO ... length:N ..." and its row. Throws Error naming the header: it has
// another form, or its numbers don't fit the row.
TemplateHit parse_template_hit(const std::string& header, const std::string& row);

// Whether hits of a sequence with this header (without '>') have headers that can be read: the header is
// "PDBID_CHAIN ... length:N ...".
bool is_header_of_template(std::string_view header);

// Query residues and the residues of the structure that stand for them, 0-based, ascending in the query.
using ResidueMap = std::vector<std::pair<int, int>>;

// The map of a hit to the structure's sequence `structure` (all residues, unresolved included). Where that
// differs in length from the searched sequence, and in the hit's residues, the hit is aligned anew: letter by
// letter, a letter that doesn't fit skipping as few of the hit's as let the next fit; the hit may start
// earlier by as many as the structure lacks. nullopt where the structure is the longer one, or the map leaves
// it.
std::optional<ResidueMap> map_to_structure(const TemplateHit& hit, const std::string& structure);

}  // namespace pleat::search
