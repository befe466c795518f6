// From the hits of a template search to templates. docs/specs/featurisation.md, section 13; the reference's
// data/templates.py.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "input/fold_input.h"
#include "search/pdb_store.h"

namespace pleat::search {

// Which hits become templates. Defaults are the reference's.
struct TemplateRules {
  std::string max_date = "2021-09-30";  // YYYY-MM-DD; entries first released later are left out
  double max_subsequence_ratio = 0.95;  // hits that are a piece of the query, longer than this part of it
  double min_align_ratio = 0.1;         // of the query must be aligned, and more
  int min_hit_length = 10;
  int max_templates = 4;
};

// The templates among `hits_a3m` (SearchEngine's result for a TemplateSearch), best first: the mmCIF text of
// each hit's chain and which residue of it stands for which residue of the query. Hits whose entry `store`
// lacks are passed over. Throws Error when a hit's header can't be read, or an entry can't be used.
std::vector<input::Template> find_templates(const std::string& query, std::string_view hits_a3m,
                                            const PdbStore& store, const TemplateRules& rules);

}  // namespace pleat::search
