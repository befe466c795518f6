// FASTA and A3M text, a record at a time.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace pleat::input {

struct FastaRecord {
  std::string header;  // without '>'
  std::string sequence;
};

// Reads `text`, which must outlive the reader. Strips white space from both ends of each line, and skips the
// lines before the first header.
class FastaReader {
 public:
  explicit FastaReader(std::string_view text) : rest_(text) {}
  std::optional<FastaRecord> next();

 private:
  std::optional<std::string_view> next_line();

  std::string_view rest_;
  std::optional<std::string_view> header_;  // of the next record
};

// The header up to its first space: the name.
std::string_view fasta_name(std::string_view header);

}  // namespace pleat::input
