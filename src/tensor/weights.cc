#include "tensor/weights.h"

#include <fmt/format.h>

#include <charconv>
#include <cstring>

#include "base/error.h"

// data/parameters.tsv: scope, name, type and shape of each parameter, one a line under a heading.
extern "C" const char pleat_parameter_table[], pleat_parameter_table_end[];

namespace pleat {
namespace {

// The text before the next `separator`; `rest` moves behind it.
std::string_view next_field(std::string_view& rest, char separator) {
  const size_t at = rest.find(separator);
  const std::string_view field = rest.substr(0, at);
  rest = at == std::string_view::npos ? std::string_view() : rest.substr(at + 1);
  return field;
}

DType parse_dtype(std::string_view text) {
  for (DType dtype : {DType::f32, DType::bf16, DType::u8})
    if (text == name(dtype)) return dtype;
  PLEAT_ASSERT(!"a type of data/parameters.tsv");
}

std::vector<ParameterSchema> parse_schema(std::string_view table) {
  std::vector<ParameterSchema> schema;
  next_field(table, '\n');  // the heading
  while (!table.empty()) {
    std::string_view line = next_field(table, '\n');
    ParameterSchema row;
    row.scope = next_field(line, '\t');
    row.name = next_field(line, '\t');
    row.dtype = parse_dtype(next_field(line, '\t'));
    while (!line.empty()) {
      const std::string_view dim = next_field(line, ',');
      std::from_chars(dim.data(), dim.data() + dim.size(), row.shape.emplace_back());
    }
    schema.push_back(row);
  }
  return schema;
}

uint64_t parse_seed(const std::string& model_dir, std::string_view text) {
  uint64_t seed = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seed);
  if (error != std::errc() || end != text.data() + text.size())
    throw Error(model_dir, fmt::format("'{}' is no seed", text),
                "Give a whole number from 0 to 18446744073709551615, as in synthetic:1.");
  return seed;
}

}  // namespace

const std::vector<ParameterSchema>& parameter_schema() {
  static const std::vector<ParameterSchema> schema =
      parse_schema({pleat_parameter_table, pleat_parameter_table_end});
  return schema;
}

Tensor<float> Parameter::values() const {
  Tensor<float> out = Tensor<float>::uninitialised(shape);
  for (int64_t i = 0; i < out.size(); ++i) {
    const char* at = bytes.data() + i * byte_size(dtype);
    if (dtype == DType::bf16) {
      uint16_t stored;
      std::memcpy(&stored, at, sizeof stored);
      out[i] = from_bf16(stored);
    } else if (dtype == DType::f32) {
      std::memcpy(&out[i], at, sizeof(float));
    } else {
      out[i] = static_cast<unsigned char>(*at);
    }
  }
  return out;
}

Parameters Parameters::load(const std::string& model_dir) {
  constexpr std::string_view kSynthetic = "synthetic:";
  if (model_dir.starts_with(kSynthetic))
    return synthesise(parse_seed(model_dir, std::string_view(model_dir).substr(kSynthetic.size())));
  Parameters parameters = read(model_dir);
  parameters.check(parameters.source());
  return parameters;
}

bool Parameters::add(Parameter parameter) {
  const bool is_new = by_name_.emplace(parameter.full_name(), parameters_.size()).second;
  if (is_new) parameters_.push_back(std::move(parameter));
  return is_new;
}

void Parameters::release(std::string_view scope) {
  for (Parameter& parameter : parameters_)
    if (parameter.scope.starts_with(scope)) std::string().swap(parameter.bytes);
}

void Parameters::cut_to_one_block() {
  for (Parameter& parameter : parameters_) {
    if (parameter.scope.find("/__layer_stack_no_per_layer") == std::string::npos) continue;
    parameter.bytes.resize(parameter.bytes.size() / static_cast<size_t>(parameter.shape[0]));
    parameter.bytes.shrink_to_fit();
    parameter.shape[0] = 1;
  }
}

const Parameter* Parameters::find(std::string_view full_name) const {
  const auto it = by_name_.find(full_name);
  return it == by_name_.end() ? nullptr : &parameters_[it->second];
}

std::string Parameters::identifier() const {
  const Parameter* identifier = find("__meta__:__identifier__");
  return identifier ? identifier->bytes : std::string();
}

}  // namespace pleat
