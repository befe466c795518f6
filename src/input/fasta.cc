#include "input/fasta.h"

#include <algorithm>

#include "base/text.h"

namespace pleat::input {

std::string_view fasta_name(std::string_view header) { return header.substr(0, header.find(' ')); }

std::optional<std::string_view> FastaReader::next_line() {
  if (rest_.empty()) return std::nullopt;
  const size_t newline = std::min(rest_.find('\n'), rest_.size());
  const std::string_view line = rest_.substr(0, newline);
  rest_.remove_prefix(std::min(newline + 1, rest_.size()));
  return stripped(line);
}

std::optional<FastaRecord> FastaReader::next() {
  std::optional<std::string_view> line;
  while (!header_ && (line = next_line())) {
    if (line->starts_with('>')) header_ = line->substr(1);
  }
  if (!header_) return std::nullopt;
  FastaRecord record{std::string(*header_), ""};
  header_.reset();
  while (!header_ && (line = next_line())) {
    if (line->starts_with('>')) {
      header_ = line->substr(1);
    } else {
      record.sequence += *line;
    }
  }
  return record;
}

}  // namespace pleat::input
