#include "weights/schema.h"

#include <fmt/format.h>

#include <charconv>

#include "base/error.h"
#include "base/text.h"

extern "C" const char pleat_parameter_table[], pleat_parameter_table_end[];

namespace pleat::weights {
namespace {

// The text before the next `separator`; moves `rest` past it.
std::string_view next_field(std::string_view& rest, char separator) {
  const size_t at = rest.find(separator);
  const std::string_view field = rest.substr(0, at);
  rest = at == std::string_view::npos ? std::string_view() : rest.substr(at + 1);
  return field;
}

int64_t number_of(std::string_view text) {
  int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  PLEAT_ASSERT(error == std::errc() && end == text.data() + text.size());
  return number;
}

bool is_number(std::string_view word) { return is_digit(word[0]); }

DType dtype_of(std::string_view text) {
  for (DType dtype : {DType::f32, DType::bf16, DType::u8})
    if (text == name(dtype)) return dtype;
  PLEAT_ASSERT(!"a type of the table of parameters");
}

ParameterRow row_of(std::string_view line) {
  ParameterRow row;
  row.scope = next_field(line, '\t');
  row.name = next_field(line, '\t');
  row.dtype = dtype_of(next_field(line, '\t'));
  for (std::string_view shape = next_field(line, '\t'); !shape.empty();)
    row.official_shape.push_back(number_of(next_field(shape, ',')));
  while (!line.empty()) row.axes.emplace_back(next_field(line, ','));
  PLEAT_ASSERT(row.axes.size() == row.official_shape.size());
  return row;
}

}  // namespace

std::vector<std::string> sizes_in(const AxisFormula& formula) {
  std::vector<std::string> names;
  for (std::string_view terms = formula; !terms.empty();)
    for (std::string_view factors = next_field(terms, '+'); !factors.empty();)
      if (const auto factor = next_field(factors, '*'); !is_number(factor)) names.emplace_back(factor);
  return names;
}

bool is_single_size(const AxisFormula& formula) {
  return !is_number(formula) && formula.find_first_of("+*") == std::string::npos;
}

int64_t evaluate(const AxisFormula& formula, const NetworkSizes& sizes) {
  int64_t sum = 0;
  for (std::string_view terms = formula; !terms.empty();) {
    int64_t product = 1;
    for (std::string_view factors = next_field(terms, '+'); !factors.empty();) {
      const std::string_view factor = next_field(factors, '*');
      product *= is_number(factor) ? number_of(factor) : size_named(sizes, factor);
    }
    sum += product;
  }
  return sum;
}

std::string ParameterRow::full_name() const { return fmt::format("{}:{}", scope, name); }

ParameterTable::ParameterTable(std::string_view text) {
  next_field(text, '\n');  // the heading
  while (!text.empty()) {
    rows_.push_back(row_of(next_field(text, '\n')));
    by_name_[rows_.back().full_name()] = rows_.size() - 1;
  }
}

const ParameterRow* ParameterTable::find(std::string_view full_name) const {
  const auto it = by_name_.find(full_name);
  return it == by_name_.end() ? nullptr : &rows_[it->second];
}

const ParameterTable& parameter_table() {
  static const ParameterTable table({pleat_parameter_table, pleat_parameter_table_end});
  return table;
}

}  // namespace pleat::weights
