// Turns stored parameters into the weights of operations: takes one layer's slice, widens, joins and packs
// it.
#pragma once

#include <initializer_list>
#include <string>
#include <vector>

#include "ops/backend.h"
#include "weights/parameters.h"

namespace pleat::model {

// Parameters below one scope, at one index of each stacked axis. Names are `module` for a module of this
// scope; a module's parameter is `module:weights`, `module:bias`, ... Every accessor asserts that the
// parameter exists, as Parameters::check guarantees.
class ParameterReader {
 public:
  // arithmetic: that of products with these weights.
  ParameterReader(const weights::Parameters& parameters, ops::Backend& backend, std::string scope,
                  ops::Arithmetic arithmetic = ops::Arithmetic::float32)
      : parameters_(&parameters), backend_(&backend), scope_(std::move(scope)), arithmetic_(arithmetic) {}

  // The scope below this one.
  ParameterReader in(const std::string& module) const;
  // Layer `index` of the next stacked axis (haiku's layer_stack).
  ParameterReader layer(int index) const;
  // The same parameters, with `prefix` before all names (for haiku names made by concatenation).
  ParameterReader prefixed(const std::string& prefix) const;
  // The same parameters for products in other arithmetic.
  ParameterReader with(ops::Arithmetic arithmetic) const;

  // Length of the first stacked axis not yet chosen by layer().
  int layers(const std::string& parameter) const;

  bool has(const std::string& parameter) const;
  // A parameter of the chosen layer, in its stored order.
  Tensor<float> values(const std::string& parameter) const;
  // The same as an array of the backend, with the leading axes as rows; `row` makes all of it one row.
  ops::Array array(const std::string& parameter) const;
  ops::Array row(const std::string& parameter) const;

  // The weights [in, out...] of a linear module as [in, out].
  Tensor<float> weights(const std::string& module) const;
  // The same for weights stored as [out..., in].
  Tensor<float> transposed_weights(const std::string& module) const;

  // Packs a matrix [in, out] for products.
  ops::Linear packed(const Tensor<float>& matrix) const;
  ops::Linear linear(const std::string& module) const;
  // Several linear modules of one input side by side.
  ops::Linear joined(std::initializer_list<std::string> modules) const;
  // A gated linear unit stored as one matrix, the gate's columns first.
  ops::GatedLinear gated(const std::string& module) const;
  // q, k, v and gate of one input: modules PREFIXq_projection, ..., PREFIXgating_query.
  ops::Attention attention(const std::string& prefix = "") const;
  ops::LayerNorm layer_norm(const std::string& module, ops::Variance variance) const;
  // The weights [in, out...] of a linear module with one-hot features, as a table of one row per feature.
  ops::Array table(const std::string& module) const;

 private:
  const weights::Parameter& find(const std::string& parameter) const;

  const weights::Parameters* parameters_;
  ops::Backend* backend_;
  std::string scope_, prefix_;
  ops::Arithmetic arithmetic_;
  std::vector<int> layer_;
};

// [in, a], [in, b], ... side by side as [in, a + b + ...].
Tensor<float> side_by_side(const std::vector<Tensor<float>>& matrices);
// `count` columns, every `step`th from `first`.
Tensor<float> columns(const Tensor<float>& matrix, int64_t first, int64_t count, int64_t step = 1);

// The layers 0..n-1 of a stack, built from the reader's stacked parameters; `counted_by` names one of them.
template <class Layer>
std::vector<Layer> layer_stack(const ParameterReader& reader, const std::string& counted_by) {
  std::vector<Layer> layers;
  const int count = reader.layers(counted_by);
  for (int i = 0; i < count; ++i) layers.emplace_back(reader.layer(i));
  return layers;
}

}  // namespace pleat::model
