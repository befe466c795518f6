// Pairing of alignments across chains by species. docs/specs/featurisation.md, sections 5.2 and 5.3.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace pleat::featurise {

// The rows of the joint alignment as row numbers of each chain's paired alignment: [rows][chains], -1 where a
// chain has no row of that species. Row 0 is all zeros (the queries). `species` holds each chain's species by
// row. Species found in more chains come first. Within a species the rows pair in order, at most `max_hits`.
// Blocks of species with the same number of chains are merged by rank, the product of the row numbers. Gives
// at most `max_rows` rows.
std::vector<std::vector<int>> pair_rows(const std::vector<std::vector<std::string>>& species, int max_hits,
                                        int max_rows);

}  // namespace pleat::featurise
