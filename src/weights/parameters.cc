#include "weights/parameters.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstring>

#include "base/memory.h"
#include "weights/schema.h"

namespace pleat::weights {
namespace {

constexpr std::string_view kSynthetic = "synthetic:";

bool is_synthetic(std::string_view model_dir) { return model_dir.starts_with(kSynthetic); }

uint64_t seed_of(const std::string& model_dir) {
  const std::string_view text = std::string_view(model_dir).substr(kSynthetic.size());
  uint64_t seed = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seed);
  if (error != std::errc() || end != text.data() + text.size())
    throw Error(model_dir, fmt::format("'{}' is not a seed", text),
                "Give an integer from 0 to 18446744073709551615, for example synthetic:1.");
  return seed;
}

}  // namespace

int64_t Parameter::stack_axes() const {
  constexpr std::string_view kStack = "__layer_stack";
  int64_t count = 0;
  for (size_t at = 0; (at = scope.find(kStack, at)) != std::string::npos; at += kStack.size()) ++count;
  return count;
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

Parameters Parameters::load(const std::string& model_dir, ThreadPool& pool, int64_t most_bytes) {
  if (is_synthetic(model_dir)) {
    Parameters parameters = outline(model_dir);
    int64_t bytes = 0;
    for (const Parameter& parameter : parameters.parameters_) bytes += parameter.stored_bytes();
    if (bytes > most_bytes) throw too_large(model_dir, most_bytes);
    parameters.fill(seed_of(model_dir), pool);
    return parameters;
  }
  Parameters parameters = read(model_dir, {true, most_bytes});
  parameters.check(parameters.source());
  return parameters;
}

Parameters Parameters::outline(const std::string& model_dir) {
  if (is_synthetic(model_dir)) {
    const uint64_t seed = seed_of(model_dir);
    Parameters parameters = of_sizes(official_sizes());
    parameters.source_ = fmt::format("{}{}", kSynthetic, seed);
    return parameters;
  }
  Parameters parameters = read(model_dir, {false, INT64_MAX});
  parameters.check(parameters.source());
  return parameters;
}

Parameters Parameters::read(const fs::path& folder) { return read(folder, Values()); }

Parameters Parameters::of_sizes(const NetworkSizes& sizes) {
  Parameters parameters;
  for (const ParameterRow& row : parameter_table().rows()) {
    Parameter parameter{std::string(row.scope), std::string(row.name), row.dtype, {}, {}};
    for (const AxisFormula& axis : row.axes) parameter.shape.push_back(evaluate(axis, sizes));
    parameters.add(std::move(parameter));
  }
  return parameters;
}

Parameters Parameters::synthesise(uint64_t seed, ThreadPool& pool, const NetworkSizes& sizes) {
  Parameters parameters = of_sizes(sizes);
  parameters.source_ = fmt::format("{}{}", kSynthetic, seed);
  parameters.fill(seed, pool);
  return parameters;
}

Error Parameters::too_large(const std::string& source, int64_t most_bytes) {
  return Error(source,
               fmt::format("the parameters need more than the {} of memory left for them",
                           size_text(std::max<int64_t>(0, most_bytes))),
               "Raise --max_memory if the machine has more memory.");
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

bool Parameters::are_made_up() const {
  const std::string text = identifier();
  return text.find_first_not_of('\0') == text.npos || text.starts_with("pleat demo weights");
}

std::string Parameters::identifier() const {
  const Parameter* identifier = find("__meta__:__identifier__");
  return identifier ? identifier->bytes : std::string();
}

}  // namespace pleat::weights
