// Multiple sequence alignments: A3M text to encoded rows. docs/specs/featurisation.md, section 5.1.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "chem/chain_type.h"

namespace pleat::featurise {

// Rows of equal width; a row's deletions count the lowercase letters just before each column.
struct MsaRows {
  int64_t columns = 0;
  std::vector<int8_t> letters;    // [rows, columns], residue types
  std::vector<int8_t> deletions;  // [rows, columns], capped at 127

  int64_t rows() const { return columns ? static_cast<int64_t>(letters.size()) / columns : 0; }
  std::string_view row(int64_t index) const;  // the bytes of its letters
  void append_row(const MsaRows& from, int64_t index);
  void append_gaps(int64_t rows);
  void keep_first(int64_t rows);
};

struct Msa {
  MsaRows rows;
  std::vector<std::string> species;   // of each row, "" when the description has none
  std::vector<double> deletion_mean;  // [columns], of the counts before the cap
};

// The alignment of a chain; `query` alone when there are no records. `where` names chain and alignment in
// errors. Throws Error naming the row: a character that is neither a letter nor '-', rows of different
// widths, a first row that differs from the query after encoding.
Msa read_msa(std::string_view a3m, const std::string& query, chem::ChainType type, const std::string& where);

// Whether the text has any row.
bool has_records(std::string_view a3m);

// Finds what read_msa has against each row, in order. The first one is judged alone where it is wrong, for the
// others are held against it. `query` is nullopt where it is not known; `note` follows the fix where it is not the
// first row.
void check_rows(std::string_view a3m, const std::optional<std::string>& query, chem::ChainType type,
                const std::string& note, Findings& found);

// Column frequencies [columns, 31] of the rows.
std::vector<float> profile(const MsaRows& rows);

// The species of a UniProt description ("tr|A0A146SKV9|A0A146SKV9_FUNHE/1-10": FUNHE), "" for any other.
std::string species_of(std::string_view description);

}  // namespace pleat::featurise
