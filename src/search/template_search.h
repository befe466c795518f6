// Makes templates from the hits of a template search. docs/specs/featurisation.md, section 13; the
// reference's data/templates.py.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "input/fold_input.h"
#include "search/pdb_store.h"

namespace pleat::search {

// Rules for choosing hits. Defaults are the reference's.
struct TemplateRules {
  std::string max_date = "2021-09-30";  // YYYY-MM-DD; excludes entries first released later
  double max_subsequence_ratio = 0.95;  // of the query; excludes longer pieces of it
  double min_align_ratio = 0.1;         // the aligned fraction of the query must exceed this
  int min_hit_length = 10;
  int max_templates = 4;
};

// The templates among `hits_a3m` (SearchEngine's result for a TemplateSearch), best first: the mmCIF text of
// each hit's chain and the mapping of query residues to its residues. Skips hits whose entry `store` lacks.
// Throws Error when a hit's header or an entry is unusable.
std::vector<input::Template> find_templates(const std::string& query, std::string_view hits_a3m,
                                            const PdbStore& store, const TemplateRules& rules);

}  // namespace pleat::search
