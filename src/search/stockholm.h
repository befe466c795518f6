// Stockholm alignments, HMMER's format, from and to A3M. The reference's data/parsers.py.
#pragma once

#include <iosfwd>
#include <string>
#include <string_view>

#include "base/file.h"

namespace pleat::search {

enum class FirstRow {
  query,      // its '-' columns are insertions: lower case or nothing in the other rows
  like_rest,  // all columns stay unchanged
};

// The rows of a Stockholm file as A3M, in order of first appearance, at most `max_sequences` (0: all): ">NAME
// DESCRIPTION" and the row in one line, without '.'. Joins rows of one name. Empty without rows. Throws Error
// naming the file: it is unreadable, a line has no row, rows differ in length.
std::string stockholm_to_a3m(const fs::path& file, int max_sequences, FirstRow first_row);

// Writes the A3M text as a Stockholm alignment whose reference annotation (#=GC RF) marks the columns where
// the first row, the query, has a residue. Names are made unique with _INDEX. Throws Error when the rows
// differ in their number of columns.
void write_stockholm(std::string_view a3m, std::ostream& out);

}  // namespace pleat::search
