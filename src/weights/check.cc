// Checks that the parameters form a network: names and types against the table, axes against each other.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "base/error.h"
#include "weights/parameters.h"
#include "weights/schema.h"

namespace pleat::weights {
namespace {

constexpr const char* kFix = "Use AlphaFold 3's parameters unchanged.";

void check_names(const Parameters& parameters, const std::string& where) {
  for (const ParameterRow& row : parameter_table().rows())
    if (!parameters.find(row.full_name()))
      throw Error(where, fmt::format("parameter {} is missing", row.full_name()), kFix);
  for (const Parameter& parameter : parameters.all())
    if (!parameter_table().find(parameter.full_name()))
      throw Error(where, fmt::format("parameter {} belongs to no AlphaFold 3 network", parameter.full_name()),
                  kFix);
}

void check_type_and_rank(const Parameter& parameter, const ParameterRow& row, const std::string& where) {
  if (parameter.dtype != row.dtype)
    throw Error(where,
                fmt::format("parameter {} is {}, expected {}", parameter.full_name(), name(parameter.dtype),
                            name(row.dtype)),
                kFix);
  const bool empty = std::ranges::any_of(parameter.shape, [](int64_t d) { return d < 1; });
  if (parameter.shape.size() != row.axes.size() || empty)
    throw Error(where,
                fmt::format("parameter {} has the shape ({}), expected {} axes of at least one element",
                            parameter.full_name(), fmt::join(parameter.shape, ", "), row.axes.size()),
                kFix);
}

// A parameter with an axis that is only `size` and has the length of `sizes`.
std::string witness_of(const std::string& size, const NetworkSizes& sizes, const Parameters& parameters) {
  for (const ParameterRow& row : parameter_table().rows()) {
    const Parameter& parameter = *parameters.find(row.full_name());
    for (size_t axis = 0; axis < row.axes.size(); ++axis)
      if (row.axes[axis] == size && parameter.shape[axis] == size_named(sizes, size))
        return parameter.full_name();
  }
  PLEAT_ASSERT(!"a size without a vote");
}

void check_axes(const Parameter& parameter, const ParameterRow& row, const NetworkSizes& sizes,
                const Parameters& parameters, const std::string& where) {
  for (size_t axis = 0; axis < row.axes.size(); ++axis) {
    const int64_t expected = evaluate(row.axes[axis], sizes);
    if (parameter.shape[axis] == expected) continue;
    const std::vector<std::string> names = sizes_in(row.axes[axis]);
    const std::string reason = names.empty() ? ""
                                             : fmt::format(" ({}, as {} has it)", row.axes[axis],
                                                           witness_of(names.back(), sizes, parameters));
    throw Error(where,
                fmt::format("parameter {} has the shape ({}), whose axis {} should be {}{}",
                            parameter.full_name(), fmt::join(parameter.shape, ", "), axis, expected, reason),
                kFix);
  }
}

}  // namespace

void Parameters::check(const std::string& where) const {
  check_names(*this, where);
  for (const ParameterRow& row : parameter_table().rows())
    check_type_and_rank(*find(row.full_name()), row, where);
  const NetworkSizes sizes = network_sizes(*this);
  for (const Parameter& parameter : parameters_)
    check_axes(parameter, *parameter_table().find(parameter.full_name()), sizes, *this, where);
}

}  // namespace pleat::weights
