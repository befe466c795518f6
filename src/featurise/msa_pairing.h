// Pairing of alignments across chains by species. docs/specs/featurisation.md, sections 5.2 and 5.3.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace pleat::featurise {

// Which row of each chain's paired alignment goes into each row of the joint one: [rows][chains], -1 where a
// chain has no row of that species. Row 0 is all zeros (the queries). `species` holds, per chain, the
// species of its rows. Species in more chains come first; within a species rows pair in order, at most
// `max_hits` of them; blocks of species with the same number of chains are merged by rank, the product of
// the row numbers. At most `max_rows` rows.
std::vector<std::vector<int>> pair_rows(const std::vector<std::vector<std::string>>& species, int max_hits,
                                        int max_rows);

}  // namespace pleat::featurise
