// The only source that includes gemmi's CIF grammar, which compiles slowly.
#include "chem/cif_text.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <gemmi/cif.hpp>

#include "base/error.h"
#include "base/text.h"

namespace pleat::chem {
namespace cif = gemmi::cif;

namespace {

bool is_ascii(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r'; }

// The end of the quoted or bare value that starts at `begin` of a line.
size_t value_end(std::string_view line, size_t begin) {
  const char quote = line[begin] == '\'' || line[begin] == '"' ? line[begin] : '\0';
  for (size_t i = begin + 1; i < line.size(); ++i) {
    const bool closes = quote && line[i] == quote && (i + 1 == line.size() || is_blank(line[i + 1]));
    if (closes) return i + 1;
    if (!quote && is_blank(line[i])) return i;
  }
  return line.size();
}

// Appends the line, with quotes around bare values that are not ASCII.
void append_quoted(std::string_view line, std::string& result) {
  for (size_t i = 0; i < line.size();) {
    if (line[i] == '#') {
      result += line.substr(i);
      return;
    }
    const size_t end = is_blank(line[i]) ? i + 1 : value_end(line, i);
    const std::string_view value = line.substr(i, end - i);
    const bool quotes = !is_ascii(value) && line[i] != '\'' && line[i] != '"' && line[i] != '_';
    const char quote = value.back() == '\'' ? '"' : '\'';
    if (quotes) result += quote;
    result += value;
    if (quotes) result += quote;
    i = end;
  }
}

// Bare values that are not ASCII are common though not valid CIF, and gemmi refuses them. Quotes make them
// valid.
std::string with_quoted_values(std::string_view text) {
  std::string result;
  bool in_text_field = false;
  while (!text.empty()) {
    const size_t size = std::min(text.find('\n'), text.size() - 1) + 1;
    const std::string_view line = text.substr(0, size);
    text.remove_prefix(size);
    const bool delimits = line[0] == ';';
    if (in_text_field || delimits || is_ascii(line)) {
      result += line;
    } else {
      const bool whole = line.back() == '\n';
      append_quoted(line.substr(0, size - (whole ? 1 : 0)), result);
      if (whole) result += '\n';
    }
    if (delimits) in_text_field = !in_text_field;
  }
  return result;
}

bool starts_block(std::string_view line) {
  return line.size() >= 5 && gemmi::iequal(std::string(line.substr(0, 5)), "data_");
}

}  // namespace

std::vector<std::string_view> split_cif_blocks(std::string_view text) {
  text = without_byte_order_mark(text);
  std::vector<size_t> starts;
  bool in_text_field = false;
  for (size_t line = 0; line < text.size();) {
    size_t end = text.find('\n', line);
    if (end == text.npos) end = text.size();
    if (text[line] == ';') {
      in_text_field = !in_text_field;
    } else if (!in_text_field && starts_block(text.substr(line, end - line))) {
      starts.push_back(line);
    }
    line = end + 1;
  }
  std::vector<std::string_view> blocks;
  for (size_t i = 0; i < starts.size(); ++i) {
    const size_t end = i + 1 < starts.size() ? starts[i + 1] : text.size();
    blocks.push_back(text.substr(starts[i], end - starts[i]));
  }
  return blocks;
}

cif::Block parse_cif_block(std::string_view text, const std::string& where) {
  text = without_byte_order_mark(text);
  const std::string quoted = is_ascii(text) ? std::string() : with_quoted_values(text);
  if (!quoted.empty()) text = quoted;
  cif::Document document;
  try {
    document = cif::read_memory(text.data(), text.size(), "line");
  } catch (const std::exception& error) {
    throw Error(where, std::string("the text is not CIF: ") + error.what());
  }
  if (document.blocks.empty()) {
    throw Error(where, "the CIF text holds no data block", "Start the text with a line data_NAME.");
  }
  return std::move(document.blocks.front());
}

std::vector<std::string> cif_column(const cif::Block& block, const std::string& tag) {
  std::vector<std::string> values;
  // find_values lacks a const overload, but does not change the block.
  for (const std::string& raw : const_cast<cif::Block&>(block).find_values(tag)) {
    values.push_back(cif::is_null(raw) ? raw : cif::as_string(raw));
  }
  return values;
}

bool has_cif_column(const cif::Block& block, const std::string& tag) {
  // find_values lacks a const overload, but does not change the block.
  return const_cast<cif::Block&>(block).find_values(tag).item() != nullptr;
}

std::vector<std::string> cif_column(const cif::Block& block, const std::string& tag, size_t rows,
                                    const std::string& otherwise) {
  std::vector<std::string> values = cif_column(block, tag);
  if (values.empty()) return std::vector<std::string>(rows, otherwise);
  if (values.size() != rows) {
    throw Error("data_" + block.name,
                tag + " has " + std::to_string(values.size()) + " values where its category has " +
                    std::to_string(rows) + " rows",
                "Give all columns of a category in one loop.");
  }
  return values;
}

std::string cif_first(const cif::Block& block, const std::string& tag) {
  const std::vector<std::string> values = cif_column(block, tag);
  return values.empty() ? "?" : values.front();
}

float parse_coordinate(const std::string& text) {
  const char* begin = text.c_str() + (text.starts_with('+') ? 1 : 0);
  const char* end = text.c_str() + text.size();
  float value = 0;
  const auto [parsed_end, status] = std::from_chars(begin, end, value);
  if (status != std::errc() || parsed_end != end || !std::isfinite(value)) {
    throw Error("", "the coordinate '" + text + "' is not a number");
  }
  return value;
}

}  // namespace pleat::chem
