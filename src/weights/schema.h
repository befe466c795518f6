// The storage of AlphaFold 3's parameters: the name, type and axes of each (data/parameters.tsv).
//
// The table holds everything specific to this storage; its rows drive the reading of a network's sizes, the
// check of a file and the making of synthetic parameters. Another implementation's parameters are other rows:
// their axes are formulas of the same sizes (weights/network_sizes.h), so two rows of one parameter tell how
// to permute its axes.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "tensor/dtype.h"
#include "tensor/tensor.h"
#include "weights/network_sizes.h"

namespace pleat::weights {

// One axis as a formula of numbers and sizes by name (size_names()): "pair_channels", "2*trunk.pair.hidden",
// "63+conditioning.token_channels", "39".
using AxisFormula = std::string;

// The names in a formula, in order.
std::vector<std::string> sizes_in(const AxisFormula& formula);
// Whether a formula is a single size.
bool is_single_size(const AxisFormula& formula);
int64_t evaluate(const AxisFormula& formula, const NetworkSizes& sizes);

struct ParameterRow {
  std::string_view scope, name;
  DType dtype;
  Shape official_shape;  // in AlphaFold 3's own network
  std::vector<AxisFormula> axes;

  std::string full_name() const;
};

class ParameterTable {
 public:
  // A heading, then a line for each parameter: scope, name, type, official shape and axes with tabs between
  // them, the last two with commas inside. `text` must outlive the table.
  explicit ParameterTable(std::string_view text);

  const std::vector<ParameterRow>& rows() const { return rows_; }
  // nullptr when the table has no parameter `scope:name`.
  const ParameterRow* find(std::string_view full_name) const;

 private:
  std::vector<ParameterRow> rows_;
  std::map<std::string, size_t, std::less<>> by_name_;
};

// The table of data/parameters.tsv.
const ParameterTable& parameter_table();

}  // namespace pleat::weights
