// Layout and quoting of mmCIF text.
#include "chem/cif_writer.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <tuple>

#include "base/error.h"
#include "base/text.h"

namespace pleat::chem {
namespace {

bool is_plain(std::string_view value) {
  return !value.empty() && std::all_of(value.begin(), value.end(), [](unsigned char c) {
    return std::isalnum(c) || c == '.' || c == '?' || c == '-';
  });
}

bool starts_with_reserved_word(std::string_view value) {
  static constexpr std::array<std::string_view, 5> kReserved = {"data_", "loop_", "save_", "stop_",
                                                                "global_"};
  return std::any_of(kReserved.begin(), kReserved.end(), [&](std::string_view word) {
    return value.size() >= word.size() && std::equal(word.begin(), word.end(), value.begin(),
                                                     [](char w, char v) { return w == lower_case(v); });
  });
}

// Columns in writing order.
std::vector<const CifCategory::Column*> ordered_columns(const CifCategory& category) {
  std::vector<const CifCategory::Column*> columns;
  for (const CifCategory::Column& column : category.columns()) columns.push_back(&column);
  if (category.name() != "_atom_site")
    std::sort(columns.begin(), columns.end(), [](const auto* a, const auto* b) { return a->key < b->key; });
  return columns;
}

void append_padded(std::string& text, std::string_view value, size_t width) {
  text += value;
  text.append(width - value.size(), ' ');
}

void append_pairs(std::string& text, const CifCategory& category) {
  size_t width = 0;
  for (const auto& column : category.columns()) width = std::max(width, column.key.size());
  const std::string prefix = category.name() + ".";
  for (const auto* column : ordered_columns(category)) {
    const std::string& value = column->values.front();
    append_padded(text, prefix + column->key, prefix.size() + width + 1);
    text += needs_text_field(value) ? "\n;" + value + "\n;\n" : cif_value(value) + "\n";
  }
}

// The widest value that fits in a line.
size_t column_width(const CifCategory::Column& column) {
  size_t width = 0;
  for (const std::string& value : column.values)
    if (!needs_text_field(value)) width = std::max(width, cif_value(value).size());
  return width;
}

void append_loop(std::string& text, const CifCategory& category) {
  const auto columns = ordered_columns(category);
  text += "loop_\n";
  std::vector<size_t> widths;
  for (const auto* column : columns) {
    text += category.name() + "." + column->key + "\n";
    widths.push_back(column_width(*column));
  }
  for (size_t row = 0; row < category.rows(); ++row) {
    for (size_t c = 0; c < columns.size(); ++c) {
      const std::string& value = columns[c]->values[row];
      if (!needs_text_field(value)) {
        append_padded(text, cif_value(value), widths[c] + 1);
        continue;
      }
      // A text field starts and ends on its own lines; the row's line end closes the last field.
      text += (c == 0 ? ";" : "\n;") + value + "\n;";
      if (c == 0 || c + 1 < columns.size()) text += "\n";
    }
    text += "\n";
  }
}

}  // namespace

CifCategory::CifCategory(std::string name, std::initializer_list<std::string_view> keys)
    : name_(std::move(name)) {
  for (const std::string_view key : keys) columns_.push_back({std::string(key), {}});
}

CifCategory::CifCategory(std::string name, std::vector<Column> columns)
    : name_(std::move(name)), columns_(std::move(columns)) {
  PLEAT_ASSERT(!columns_.empty());
  for (const Column& column : columns_) PLEAT_ASSERT(column.values.size() == rows());
}

void CifCategory::add(std::initializer_list<std::string_view> values) {
  PLEAT_ASSERT(values.size() == columns_.size());
  auto column = columns_.begin();
  for (const std::string_view value : values) (column++)->values.emplace_back(value);
}

bool needs_text_field(std::string_view value) {
  return value.find('\n') != value.npos || (value.find('\'') != value.npos && value.find('"') != value.npos);
}

std::string cif_value(std::string_view value) {
  if (is_plain(value)) return std::string(value);
  const bool special = value.empty() || starts_with_reserved_word(value) ||
                       std::string_view("_#$[];").find(value.front()) != std::string_view::npos;
  if (!special && value.find_first_of(" \t'\"") == value.npos) return std::string(value);
  const char quote = !special && value.find('"') != value.npos ? '\'' : '"';
  return quote + std::string(value) + quote;
}

std::vector<const CifCategory*> in_file_order(const std::vector<CifCategory>& categories) {
  const auto place = [](const CifCategory& category) {
    const int group = category.name() == "_entry" ? 0 : category.name() == "_atom_site" ? 2 : 1;
    return std::tuple<int, const std::string&>(group, category.name());
  };
  std::vector<const CifCategory*> ordered;
  for (const CifCategory& category : categories)
    if (category.rows() > 0) ordered.push_back(&category);
  std::sort(ordered.begin(), ordered.end(),
            [&](const auto* a, const auto* b) { return place(*a) < place(*b); });
  return ordered;
}

std::string cif_text(const std::string& block, const std::vector<CifCategory>& categories) {
  std::string text = "data_" + block + "\n#\n";
  for (const CifCategory* category : in_file_order(categories)) {
    if (category->rows() == 1 && category->name() != "_atom_site")
      append_pairs(text, *category);
    else
      append_loop(text, *category);
    text += "#\n";
  }
  return text;
}

}  // namespace pleat::chem
