// Stockholm alignments, HMMER's format, from and to A3M. The reference's data/parsers.py.
#pragma once

#include <iosfwd>
#include <string>
#include <string_view>

#include "base/file.h"

namespace pleat::search {

enum class FirstRow {
  query,      // columns where it has '-' are insertions: lower case in the other rows, or nothing
  like_rest,  // all columns stay as they are
};

// The rows of the Stockholm file `file` as A3M, at most `max_sequences` (0: all), the first ones by their
// first appearance: ">NAME DESCRIPTION" and the row in one line, without '.'. Rows of one name are joined.
// Empty without rows. Throws Error naming the file: it can't be read, a line has no row, rows differ in
// length.
std::string stockholm_to_a3m(const fs::path& file, int max_sequences, FirstRow first_row);

// Writes the A3M text as a Stockholm alignment whose reference annotation (#=GC RF) marks the columns where
// the first row, the query, has a residue. Names are made unique with _INDEX. Throws Error when the rows
// differ in their number of columns.
void write_stockholm(std::string_view a3m, std::ostream& out);

}  // namespace pleat::search
