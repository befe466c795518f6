// Parses CIF text into gemmi's blocks, with pleat's errors. Internal to chem.
#pragma once

#include <gemmi/cifdoc.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace pleat::chem {

// The data blocks of CIF text, each from its "data_" line to before the next. A "data_" line within a text
// field starts no block. Text before the first block belongs to none.
std::vector<std::string_view> split_cif_blocks(std::string_view text);

// The one block of `text`; skips a byte order mark. Unquoted values may hold any characters but white space.
// Throws Error (placed at `where`) when the text is not CIF or holds no block.
gemmi::cif::Block parse_cif_block(std::string_view text, const std::string& where);

// Whether the block has the column, even without values.
bool has_cif_column(const gemmi::cif::Block& block, const std::string& tag);

// The values of a column, unquoted; '?' and '.' stay as they are. Empty when the block lacks it.
std::vector<std::string> cif_column(const gemmi::cif::Block& block, const std::string& tag);

// The same, but `rows` times `otherwise` when the block lacks the column. Throws Error when the column has
// another number of rows.
std::vector<std::string> cif_column(const gemmi::cif::Block& block, const std::string& tag, size_t rows,
                                    const std::string& otherwise);

// The first value of a column, '?' when the block lacks it.
std::string cif_first(const gemmi::cif::Block& block, const std::string& tag);

// A coordinate. Throws Error (with an empty place) when `text` is not a finite number.
float parse_coordinate(const std::string& text);

}  // namespace pleat::chem
