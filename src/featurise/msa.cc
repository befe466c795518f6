#include "featurise/msa.h"

#include <algorithm>

#include "base/error.h"
#include "base/printable.h"
#include "base/text.h"
#include "featurise/residue_types.h"
#include "input/fasta.h"

namespace pleat::featurise {
namespace {

bool is_capital_or_digit(char c) { return is_upper(c) || is_digit(c); }

// Removes and returns the longest prefix of characters that pass.
template <class Pass>
std::string_view take(std::string_view& text, Pass pass) {
  const auto end = std::find_if_not(text.begin(), text.end(), pass);
  const std::string_view prefix = text.substr(0, static_cast<size_t>(end - text.begin()));
  text.remove_prefix(prefix.size());
  return prefix;
}

bool take_char(std::string_view& text, char c) {
  if (!text.starts_with(c)) return false;
  text.remove_prefix(1);
  return true;
}

std::vector<input::FastaRecord> all_records(std::string_view a3m) {
  std::vector<input::FastaRecord> records;
  input::FastaReader reader(a3m);
  while (auto record = reader.next()) records.push_back(std::move(*record));
  return records;
}

std::string row_place(const std::string& where, size_t row, const input::FastaRecord& record) {
  return (where.empty() ? "row " : where + ", row ") + std::to_string(row + 1) + " (>" + record.header + ")";
}

int64_t count_columns(const std::string& sequence, chem::ChainType type) {
  return std::count_if(sequence.begin(), sequence.end(),
                       [&](char c) { return msa_letter_type(c, type) >= 0; });
}

// Appends one row; deletion_sum collects the deletion counts before the cap.
void encode_row(const std::string& sequence, chem::ChainType type, const std::string& where, MsaRows& rows,
                std::vector<double>& deletion_sum) {
  int64_t column = 0;
  int deletions = 0;
  for (size_t i = 0; i < sequence.size(); ++i) {
    const int letter = msa_letter_type(sequence[i], type);
    if (letter < 0) {
      if (!is_lower(sequence[i])) {
        throw Error(where,
                    std::string("the character '") + sequence[i] + "' at position " + std::to_string(i + 1) +
                        " is not a residue",
                    "Use A-Z and '-' for columns, and a-z for insertions.");
      }
      ++deletions;
      continue;
    }
    if (column < rows.columns) {
      rows.letters.push_back(static_cast<int8_t>(letter));
      rows.deletions.push_back(static_cast<int8_t>(std::min(deletions, 127)));
      deletion_sum[column] += deletions;
    }
    deletions = 0;
    ++column;
  }
  if (column != rows.columns) {
    throw Error(where,
                "the row has " + std::to_string(column) +
                    " columns (capital letters and '-'), the first row " + std::to_string(rows.columns),
                "Give every row of the alignment the same number of columns.");
  }
}

constexpr size_t kLongestQuote = 60;  // of a sequence, in messages

// What a chain's first row has to be, and what to say where it is something else.
struct Query {
  const std::string& letters;
  const std::string& note;
};

void check_query(const MsaRows& rows, const input::FastaRecord& first, const Query& query,
                 chem::ChainType type, const std::string& where) {
  std::string expected;
  for (char c : query.letters) expected += static_cast<char>(msa_letter_type(c, type));
  const std::string_view found = rows.row(0);
  if (found == expected) return;
  const auto differ = std::mismatch(found.begin(), found.end(), expected.begin(), expected.end()).first;
  throw Error(where,
              "the first row is " + shortened(first.sequence, kLongestQuote) + ", not the chain's sequence " +
                  shortened(query.letters, kLongestQuote) + "; the two differ from column " +
                  std::to_string(differ - found.begin() + 1) + " on",
              "Put the chain's own sequence first." + query.note);
}

// An alignment without rows, as wide as the first of `records`.
Msa without_rows(const std::vector<input::FastaRecord>& records, chem::ChainType type) {
  Msa msa;
  msa.rows.columns = count_columns(records[0].sequence, type);
  msa.deletion_mean.resize(static_cast<size_t>(msa.rows.columns));
  return msa;
}

// Appends the next of `records`; deletion_mean collects sums. `query` is nullptr when unknown.
void add_row(const std::vector<input::FastaRecord>& records, size_t row, const Query* query,
             chem::ChainType type, const std::string& where, Msa& msa) {
  const std::string place = row_place(where, row, records[row]);
  encode_row(records[row].sequence, type, place, msa.rows, msa.deletion_mean);
  if (row == 0 && query) check_query(msa.rows, records[0], *query, type, place);
  msa.species.push_back(species_of(records[row].header));
}

}  // namespace

std::string_view MsaRows::row(int64_t index) const {
  return {reinterpret_cast<const char*>(letters.data()) + index * columns, static_cast<size_t>(columns)};
}

void MsaRows::append_row(const MsaRows& from, int64_t index) {
  const auto first = index * columns, last = first + columns;
  letters.insert(letters.end(), from.letters.begin() + first, from.letters.begin() + last);
  deletions.insert(deletions.end(), from.deletions.begin() + first, from.deletions.begin() + last);
}

void MsaRows::append_gaps(int64_t rows) {
  letters.resize(letters.size() + static_cast<size_t>(rows * columns), static_cast<int8_t>(kGap));
  deletions.resize(letters.size());
}

void MsaRows::keep_first(int64_t rows) {
  const size_t size = std::min(letters.size(), static_cast<size_t>(rows * columns));
  letters.resize(size);
  deletions.resize(size);
}

std::string species_of(std::string_view description) {
  std::string_view rest = stripped(description);
  if (!rest.starts_with("tr|") && !rest.starts_with("sp|")) return "";
  rest.remove_prefix(3);
  const size_t accession = take(rest, is_capital_or_digit).size();
  if (accession < 6 || accession > 10) return "";
  if (take_char(rest, '_') && take(rest, is_digit).empty()) return "";  // isoform
  if (!take_char(rest, '|')) return "";
  const size_t entry = take(rest, is_capital_or_digit).size();
  if (entry < 1 || entry > 10 || !take_char(rest, '_')) return "";
  return std::string(take(rest, is_capital_or_digit).substr(0, 5));
}

Msa read_msa(std::string_view a3m, const std::string& query, chem::ChainType type, const std::string& where) {
  std::vector<input::FastaRecord> records = all_records(a3m);
  if (records.empty()) records.push_back({"Original query", query});
  Msa msa = without_rows(records, type);
  const std::string no_note;
  const Query expected{query, no_note};
  msa.rows.letters.reserve(records.size() * static_cast<size_t>(msa.rows.columns));
  msa.rows.deletions.reserve(msa.rows.letters.capacity());
  for (size_t i = 0; i < records.size(); ++i) add_row(records, i, &expected, type, where, msa);
  for (double& mean : msa.deletion_mean) mean /= static_cast<double>(records.size());
  return msa;
}

bool has_records(std::string_view a3m) { return input::FastaReader(a3m).next().has_value(); }

void check_rows(std::string_view a3m, const std::optional<std::string>& query, chem::ChainType type,
                const std::string& note, Findings& found) {
  const std::vector<input::FastaRecord> records = all_records(a3m);
  if (records.empty()) return;
  Msa msa = without_rows(records, type);
  for (size_t i = 0; i < records.size(); ++i) {
    try {
      const std::optional<Query> expected = query ? std::optional<Query>({*query, note}) : std::nullopt;
      add_row(records, i, expected ? &*expected : nullptr, type, "", msa);
    } catch (const Error& error) {
      found.problems.push_back(error);
      if (i == 0) break;
    }
    msa.rows.letters.clear();
    msa.rows.deletions.clear();
  }
}

std::vector<float> profile(const MsaRows& rows) {
  std::vector<double> sums(static_cast<size_t>(rows.columns) * kResidueTypes);
  const double share = 1.0 / static_cast<double>(rows.rows());
  for (int64_t r = 0; r < rows.rows(); ++r) {
    for (int64_t c = 0; c < rows.columns; ++c) {
      const int letter = rows.letters[r * rows.columns + c];
      sums[c * kResidueTypes + letter] += share;
    }
  }
  return {sums.begin(), sums.end()};
}

}  // namespace pleat::featurise
