// Do the parameters form a network: names and types against the schema, axes against each other.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <set>

#include "base/error.h"
#include "tensor/weights.h"
#include "tensor/weights_axes.h"

namespace pleat {
namespace {

constexpr const char* kFix = "Use the parameters of AlphaFold 3 as they were received.";

void check_names(const Parameters& parameters, const std::string& where) {
  std::set<std::string> known;
  for (const ParameterSchema& row : parameter_schema()) {
    const auto& name = *known.insert(fmt::format("{}:{}", row.scope, row.name)).first;
    if (!parameters.find(name)) throw Error(where, fmt::format("parameter {} is missing", name), kFix);
  }
  for (const Parameter& parameter : parameters.all())
    if (!known.contains(parameter.full_name()))
      throw Error(where, fmt::format("parameter {} belongs to no AlphaFold 3 network", parameter.full_name()),
                  kFix);
}

void check_type_and_rank(const Parameter& parameter, const ParameterSchema& row, const std::string& where) {
  if (parameter.dtype != row.dtype)
    throw Error(where,
                fmt::format("parameter {} is {}, expected {}", parameter.full_name(), name(parameter.dtype),
                            name(row.dtype)),
                kFix);
  const bool empty = std::ranges::any_of(parameter.shape, [](int64_t d) { return d < 1; });
  if (parameter.shape.size() != row.shape.size() || empty)
    throw Error(where,
                fmt::format("parameter {} has the shape ({}), expected {} axes of at least one element",
                            parameter.full_name(), fmt::join(parameter.shape, ", "), row.shape.size()),
                kFix);
}

// The sizes of the network as most parameters have them, and for each a parameter that has it so. Only axes
// that are a single size vote; the tables leave none without one.
struct NetworkSizes {
  std::map<std::string, int64_t> values;
  std::map<std::string, std::string> witnesses;
};

NetworkSizes vote(const std::vector<Parameter>& parameters) {
  std::map<std::string, std::map<int64_t, std::vector<std::string>>> votes;
  for (const Parameter& parameter : parameters) {
    const std::vector<AxisFormula> axes = axes_of(parameter.full_name());
    for (size_t axis = 0; axis < axes.size(); ++axis)
      if (sizes_in(axes[axis]) == std::vector{axes[axis]})
        votes[axes[axis]][parameter.shape[axis]].push_back(parameter.full_name());
  }
  NetworkSizes sizes;
  for (const auto& [size, ballots] : votes) {
    const auto& [value, voters] =
        *std::ranges::max_element(ballots, {}, [](const auto& ballot) { return ballot.second.size(); });
    sizes.values[size] = value;
    sizes.witnesses[size] = voters.front();
  }
  return sizes;
}

void check_axes(const Parameter& parameter, const NetworkSizes& sizes, const std::string& where) {
  const std::vector<AxisFormula> axes = axes_of(parameter.full_name());
  PLEAT_ASSERT(axes.size() == parameter.shape.size());
  for (size_t axis = 0; axis < axes.size(); ++axis) {
    const int64_t expected = evaluate(axes[axis], sizes.values);
    if (parameter.shape[axis] == expected) continue;
    const std::vector<std::string> names = sizes_in(axes[axis]);
    const std::string reason =
        names.empty() ? "" : fmt::format(" ({}, as {} has it)", axes[axis], sizes.witnesses.at(names.back()));
    throw Error(where,
                fmt::format("parameter {} has the shape ({}), whose axis {} should be {}{}",
                            parameter.full_name(), fmt::join(parameter.shape, ", "), axis, expected, reason),
                kFix);
  }
}

}  // namespace

void Parameters::check(const std::string& where) const {
  check_names(*this, where);
  for (const ParameterSchema& row : parameter_schema())
    check_type_and_rank(*find(fmt::format("{}:{}", row.scope, row.name)), row, where);
  const NetworkSizes sizes = vote(parameters_);
  for (const Parameter& parameter : parameters_) check_axes(parameter, sizes, where);
}

}  // namespace pleat
