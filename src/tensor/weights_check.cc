// Do the parameters form a network: names, types and axes against the schema.
#include <fmt/format.h>

#include <algorithm>

#include "base/error.h"
#include "tensor/weights.h"

namespace pleat {
namespace {

constexpr const char* kFix = "Use the parameters of AlphaFold 3 as they were received.";

void check_names(const Parameters& parameters, const std::string& where) {
  for (const ParameterSchema& row : parameter_schema())
    if (!parameters.find(fmt::format("{}:{}", row.scope, row.name)))
      throw Error(where, fmt::format("parameter {}:{} is missing", row.scope, row.name), kFix);
  for (const Parameter& parameter : parameters.all()) {
    const auto same = [&](const ParameterSchema& row) {
      return row.scope == parameter.scope && row.name == parameter.name;
    };
    if (std::ranges::none_of(parameter_schema(), same))
      throw Error(where, fmt::format("parameter {} is unknown", parameter.full_name()), kFix);
  }
}

void check_type_and_rank(const Parameter& parameter, const ParameterSchema& row, const std::string& where) {
  if (parameter.dtype != row.dtype)
    throw Error(where,
                fmt::format("parameter {} is {}, expected {}", parameter.full_name(), name(parameter.dtype),
                            name(row.dtype)),
                kFix);
  if (parameter.shape.size() != row.shape.size())
    throw Error(where,
                fmt::format("parameter {} has {} axes, expected {}", parameter.full_name(),
                            parameter.shape.size(), row.shape.size()),
                kFix);
}

}  // namespace

void Parameters::check(const std::string& where) const {
  check_names(*this, where);
  for (const ParameterSchema& row : parameter_schema())
    check_type_and_rank(*find(fmt::format("{}:{}", row.scope, row.name)), row, where);
}

}  // namespace pleat
