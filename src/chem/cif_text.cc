// The only source that includes gemmi's CIF grammar, which compiles slowly.
#include "chem/cif_text.h"

#include <charconv>
#include <cmath>
#include <gemmi/cif.hpp>

#include "base/error.h"

namespace pleat::chem {
namespace cif = gemmi::cif;

namespace {

bool starts_block(std::string_view line) {
  return line.size() >= 5 && gemmi::iequal(std::string(line.substr(0, 5)), "data_");
}

}  // namespace

std::vector<std::string_view> split_cif_blocks(std::string_view text) {
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
  cif::Document document;
  try {
    document = cif::read_memory(text.data(), text.size(), "line");
  } catch (const std::exception& error) {
    throw Error(where, std::string("the text is not CIF: ") + error.what());
  }
  if (document.blocks.empty()) {
    throw Error(where, "the CIF text holds no data block", "Start it with a line data_NAME.");
  }
  return std::move(document.blocks.front());
}

std::vector<std::string> cif_column(const cif::Block& block, const std::string& tag) {
  std::vector<std::string> values;
  // find_values only lacks a const overload; the block is not changed.
  for (const std::string& raw : const_cast<cif::Block&>(block).find_values(tag)) {
    values.push_back(cif::is_null(raw) ? raw : cif::as_string(raw));
  }
  return values;
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
