#include "featurise/msa.h"

#include <algorithm>

#include "base/error.h"
#include "featurise/residue_types.h"

namespace pleat::featurise {
namespace {

std::string_view strip(std::string_view text) {
  constexpr std::string_view kSpace = " \t\n\v\f\r";
  const size_t first = text.find_first_not_of(kSpace);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kSpace) - first + 1);
}

bool is_capital_or_digit(char c) { return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'); }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

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

std::string row_place(const std::string& where, size_t row, const A3mRecord& record) {
  return (where.empty() ? "row " : where + ", row ") + std::to_string(row + 1) + " (>" + record.description +
         ")";
}

int64_t count_columns(const std::string& sequence, chem::ChainType type) {
  return std::count_if(sequence.begin(), sequence.end(),
                       [&](char c) { return msa_letter_type(c, type) >= 0; });
}

// Appends one row; deletion_sum collects the uncut deletion counts.
void encode_row(const std::string& sequence, chem::ChainType type, const std::string& where, MsaRows& rows,
                std::vector<double>& deletion_sum) {
  int64_t column = 0;
  int deletions = 0;
  for (size_t i = 0; i < sequence.size(); ++i) {
    const int letter = msa_letter_type(sequence[i], type);
    if (letter < 0) {
      if (sequence[i] < 'a' || sequence[i] > 'z') {
        throw Error(where,
                    std::string("the character '") + sequence[i] + "' at position " + std::to_string(i + 1) +
                        " is no residue",
                    "Use A-Z and '-' for columns and a-z for insertions");
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
                "it has " + std::to_string(column) + " columns (capitals and '-') where the first row has " +
                    std::to_string(rows.columns),
                "All rows of an A3M alignment have the same columns");
  }
}

// A long sequence without its end.
std::string shortened(const std::string& sequence) {
  constexpr size_t kLongest = 60;
  return sequence.size() <= kLongest ? sequence : sequence.substr(0, kLongest) + "...";
}

void check_query(const MsaRows& rows, const A3mRecord& first, const std::string& query, chem::ChainType type,
                 const std::string& where) {
  std::string expected;
  for (char c : query) expected += static_cast<char>(msa_letter_type(c, type));
  const std::string_view found = rows.row(0);
  if (found == expected) return;
  const auto differ = std::mismatch(found.begin(), found.end(), expected.begin(), expected.end()).first;
  throw Error(where,
              "the first row is " + shortened(first.sequence) + ", not the chain's sequence " +
                  shortened(query) + "; they differ from column " +
                  std::to_string(differ - found.begin() + 1) + " on",
              "Put the chain's own sequence first.");
}

// An alignment without rows, as wide as the first of `records`.
Msa without_rows(const std::vector<A3mRecord>& records, chem::ChainType type) {
  Msa msa;
  msa.rows.columns = count_columns(records[0].sequence, type);
  msa.deletion_mean.resize(static_cast<size_t>(msa.rows.columns));
  return msa;
}

// Appends the next of `records`; deletion_mean collects sums. `query` is nullptr where it is not known.
void add_row(const std::vector<A3mRecord>& records, size_t row, const std::string* query,
             chem::ChainType type, const std::string& where, Msa& msa) {
  const std::string place = row_place(where, row, records[row]);
  encode_row(records[row].sequence, type, place, msa.rows, msa.deletion_mean);
  if (row == 0 && query) check_query(msa.rows, records[0], *query, type, place);
  msa.species.push_back(species_of(records[row].description));
}

}  // namespace

std::vector<A3mRecord> parse_a3m(std::string_view text) {
  std::vector<A3mRecord> records;
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = strip(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.starts_with('>')) {
      records.push_back({std::string(line.substr(1)), ""});
    } else if (!records.empty()) {
      records.back().sequence += line;
    }
  }
  return records;
}

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
  std::string_view rest = strip(description);
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
  std::vector<A3mRecord> records = parse_a3m(a3m);
  if (records.empty()) records.push_back({"Original query", query});
  Msa msa = without_rows(records, type);
  msa.rows.letters.reserve(records.size() * static_cast<size_t>(msa.rows.columns));
  msa.rows.deletions.reserve(msa.rows.letters.capacity());
  for (size_t i = 0; i < records.size(); ++i) add_row(records, i, &query, type, where, msa);
  for (double& mean : msa.deletion_mean) mean /= static_cast<double>(records.size());
  return msa;
}

bool has_records(std::string_view a3m) {
  while (!a3m.empty()) {
    const size_t end = std::min(a3m.find('\n'), a3m.size());
    if (strip(a3m.substr(0, end)).starts_with('>')) return true;
    a3m.remove_prefix(std::min(end + 1, a3m.size()));
  }
  return false;
}

std::vector<Error> msa_problems(std::string_view a3m, const std::optional<std::string>& query,
                                chem::ChainType type) {
  std::vector<Error> problems;
  const std::vector<A3mRecord> records = parse_a3m(a3m);
  if (records.empty()) return problems;
  Msa msa = without_rows(records, type);
  for (size_t i = 0; i < records.size(); ++i) {
    try {
      add_row(records, i, query ? &*query : nullptr, type, "", msa);
    } catch (const Error& error) {
      problems.push_back(error);
      if (i == 0) break;
    }
    msa.rows.letters.clear();
    msa.rows.deletions.clear();
  }
  return problems;
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
