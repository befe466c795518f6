// A template of the user's own: one chain of an mmCIF file, aligned to a query.
#pragma once

#include <string>

#include "input/fold_input.h"
#include "search/search_engine.h"

namespace pleat::search {

// The chain with this author's id, alone and without ligands, and which residue of it stands for which residue of the
// query: what the data pipeline makes of the chain where the query's template search finds it, by the same alignment.
// `release_date` (YYYY-MM-DD) is for text that has none; empty: none. Throws Error: no CIF, no date, no such chain, no
// alignment.
input::Template own_template(const std::string& mmcif, const std::string& chain, const std::string& query,
                             const std::string& release_date, const SearchEngine& engine,
                             const Cancellation& cancellation);

}  // namespace pleat::search
