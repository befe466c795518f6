#include "search/stockholm.h"

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <ostream>
#include <unordered_map>
#include <vector>

#include "base/error.h"
#include "base/text.h"
#include "input/fasta.h"

namespace pleat::search {
namespace {

// Removes and returns the first word of `text`, with the white space around it.
std::string_view take_word(std::string_view& text) {
  text = stripped(text);
  const std::string_view word = text.substr(0, text.find_first_of(" \t"));
  text = stripped(text.substr(word.size()));
  return word;
}

struct Row {
  std::string name, columns, description;
};

class StockholmFile {
 public:
  StockholmFile(const fs::path& file, int max_sequences) : file_(file) {
    read_rows(max_sequences);
    read_descriptions();
  }
  std::vector<Row>& rows() { return rows_; }

 private:
  std::ifstream opened() const {
    std::ifstream in(file_);
    if (!in) throw Error(file_.string(), std::string("the file can't be read: ") + std::strerror(errno));
    return in;
  }

  void read_rows(int max_sequences) {
    std::ifstream in = opened();
    for (std::string text; std::getline(in, text);) {
      std::string_view line = stripped(text);
      if (line.empty() || line.starts_with('#') || line.starts_with("//")) continue;
      const std::string name(take_word(line));
      if (line.empty()) throw Error(file_.string(), "the line of '" + name + "' has no row");
      auto found = row_of_.find(name);
      if (found == row_of_.end()) {
        if (max_sequences > 0 && rows_.size() >= static_cast<size_t>(max_sequences)) continue;
        found = row_of_.emplace(name, rows_.size()).first;
        rows_.push_back({name, "", ""});
      }
      rows_[found->second].columns += line;
    }
  }

  // "#=GS NAME DE DESCRIPTION" lines precede the rows: stops after the last one wanted.
  void read_descriptions() {
    std::ifstream in = opened();
    std::unordered_map<std::string, bool> seen;
    for (std::string text; seen.size() < rows_.size() && std::getline(in, text);) {
      std::string_view line = stripped(text);
      if (!line.starts_with("#=GS")) continue;
      take_word(line);
      const std::string name(take_word(line));
      if (take_word(line) != "DE") continue;
      const auto found = row_of_.find(name);
      if (found == row_of_.end()) continue;
      rows_[found->second].description = line;
      seen[name] = true;
    }
  }

  fs::path file_;
  std::vector<Row> rows_;
  std::unordered_map<std::string, size_t> row_of_;
};

// `row` as A3M: its residues at gaps of `query` become insertions.
std::string without_query_gaps(std::string_view row, std::string_view query) {
  std::string out;
  for (size_t i = 0; i < row.size(); ++i) {
    if (query[i] != '-') {
      out += row[i];
    } else if (row[i] != '-') {
      out += lower_case(row[i]);
    }
  }
  return out;
}

// The widest run of insertions before each column of the rows, and after the last.
std::vector<size_t> insertion_widths(const std::vector<input::FastaRecord>& rows) {
  std::vector<size_t> widths;
  for (const input::FastaRecord& row : rows) {
    size_t column = 0, insertions = 0;
    const auto end_run = [&] {
      if (&row == &rows.front()) widths.push_back(0);
      if (column < widths.size()) widths[column] = std::max(widths[column], insertions);
      ++column;
      insertions = 0;
    };
    for (const char c : row.sequence) {
      if (is_lower(c)) {
        ++insertions;
      } else {
        end_run();
      }
    }
    end_run();
    if (column != widths.size()) {
      throw Error("MSA",
                  "the row '" + row.header + "' has " + std::to_string(column - 1) +
                      " columns, the query has " + std::to_string(widths.size() - 1),
                  "Align every row to the query; upper-case letters and '-' are columns.");
    }
  }
  return widths;
}

// `row` with its insertions as upper-case columns, as wide as the widest.
std::string spread(const std::string& row, const std::vector<size_t>& widths) {
  std::string out;
  size_t column = 0, insertions = 0;
  const auto pad = [&] { out.append(widths[column++] - insertions, '-'); };
  for (const char c : row) {
    if (is_lower(c)) {
      out += upper_case(c);
      ++insertions;
    } else {
      pad();
      insertions = 0;
      out += c;
    }
  }
  pad();
  return out;
}

// The name and description of row `index`: the text before the first blank, and the rest.
Row row_names(const input::FastaRecord& record, size_t index) {
  std::string header = record.header;
  std::replace(header.begin(), header.end(), '\t', ' ');
  const std::string_view name = input::fasta_name(header);
  const std::string_view rest = stripped(std::string_view(header).substr(name.size()));
  // hmmbuild cannot read an empty description.
  return {std::string(name) + "_" + std::to_string(index), "", std::string(rest.empty() ? "<EMPTY>" : rest)};
}

}  // namespace

std::string stockholm_to_a3m(const fs::path& file, int max_sequences, FirstRow first_row) {
  StockholmFile stockholm(file, max_sequences);
  if (stockholm.rows().empty()) return "";
  const std::string query = stockholm.rows().front().columns;
  std::string a3m;
  for (Row& row : stockholm.rows()) {
    if (first_row == FirstRow::query) {
      if (row.columns.size() != query.size()) {
        throw Error(file.string(), "the row '" + row.name + "' has " + std::to_string(row.columns.size()) +
                                       " columns, the first has " + std::to_string(query.size()));
      }
      row.columns = without_query_gaps(row.columns, query);
    }
    std::erase(row.columns, '.');
    a3m += ">" + row.name + " " + row.description + "\n" + row.columns + "\n";
    row.columns = std::string();
  }
  return a3m;
}

void write_stockholm(std::string_view a3m, std::ostream& out) {
  std::vector<input::FastaRecord> rows;
  input::FastaReader reader(a3m);
  while (auto record = reader.next()) rows.push_back(std::move(*record));
  if (rows.empty()) throw Error("MSA", "the MSA has no rows");
  const std::vector<size_t> widths = insertion_widths(rows);
  size_t name_width = 0;
  out << "# STOCKHOLM 1.0\n\n";
  for (size_t i = 0; i < rows.size(); ++i) {
    const Row names = row_names(rows[i], i);
    name_width = std::max(name_width, names.name.size());
    out << "#=GS " << stripped(names.name) << " DE " << names.description << "\n";
  }
  out << "\n";
  const auto write_row = [&](std::string name, const std::string& columns) {
    name.resize(std::max(name.size(), name_width), ' ');
    out << name << " " << columns << "\n";
  };
  for (size_t i = 0; i < rows.size(); ++i) {
    write_row(row_names(rows[i], i).name, spread(rows[i].sequence, widths));
  }
  std::string reference = spread(rows.front().sequence, widths);
  for (char& c : reference) c = c == '-' ? '.' : 'x';
  write_row("#=GC RF", reference);
  out << "//\n";
}

}  // namespace pleat::search
