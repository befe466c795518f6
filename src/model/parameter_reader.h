// From stored parameters to what the kernels read: one layer's slice, widened, joined and packed.
#pragma once

#include <initializer_list>
#include <string>
#include <vector>

#include "kernels/elementwise.h"
#include "kernels/gemm.h"
#include "tensor/weights.h"

namespace pleat {

// Scale and offset of a layer norm; either may be absent.
struct LayerNorm {
  Tensor<float> scale, offset;

  // out = LN(x); see kernels/elementwise.h.
  void operator()(ConstStoredMat x, Variance variance, Mat out) const {
    layer_norm(x, scale.empty() ? nullptr : scale.data(), offset.empty() ? nullptr : offset.data(), variance,
               out);
  }
};

// The weights of a gated linear unit: act(x gate) * (x value).
struct GatedWeights {
  PackedMatrix gate, value;
};

// Parameters below one scope, at one index of each stacked axis. Names are `module` for a module of this
// scope; a module's parameter is `module:weights`, `module:bias`, ... Every accessor asserts that the
// parameter exists: Parameters::check has seen to it.
class ParameterReader {
 public:
  // arithmetic: of the products with the weights that are read.
  ParameterReader(const Parameters& parameters, std::string scope,
                  Arithmetic arithmetic = Arithmetic::float32)
      : parameters_(&parameters), scope_(std::move(scope)), arithmetic_(arithmetic) {}

  // The scope below this one.
  ParameterReader in(const std::string& module) const;
  // Layer `index` of the next stacked axis (haiku's layer_stack).
  ParameterReader layer(int index) const;
  // The same parameters under names that begin with `prefix` (haiku names given by string concatenation).
  ParameterReader prefixed(const std::string& prefix) const;
  // The same parameters for products in other arithmetic.
  ParameterReader with(Arithmetic arithmetic) const;

  // Length of the first stacked axis not yet chosen by layer().
  int layers(const std::string& parameter) const;

  bool has(const std::string& parameter) const;
  // A parameter of the chosen layer, in its stored order.
  Tensor<float> values(const std::string& parameter) const;

  // The weights [in, out...] of a linear module as [in, out].
  Tensor<float> weights(const std::string& module) const;
  // The same for weights stored as [out..., in].
  Tensor<float> transposed_weights(const std::string& module) const;

  // A matrix made of what was read, packed for products.
  PackedMatrix packed(const Tensor<float>& matrix) const;
  PackedMatrix linear(const std::string& module) const;
  // Several linear modules of one input side by side.
  PackedMatrix joined(std::initializer_list<std::string> modules) const;
  // A gated linear unit stored as one matrix, the gate's columns first.
  GatedWeights gated(const std::string& module) const;
  LayerNorm layer_norm(const std::string& module) const;

 private:
  const Parameter& find(const std::string& parameter) const;

  const Parameters* parameters_;
  std::string scope_, prefix_;
  Arithmetic arithmetic_;
  std::vector<int> layer_;
};

// [in, a], [in, b], ... side by side as [in, a + b + ...].
Tensor<float> side_by_side(const std::vector<Tensor<float>>& matrices);
// Every second column from `first`, `count` columns from `first`.
Tensor<float> columns(const Tensor<float>& matrix, int64_t first, int64_t count, int64_t step = 1);

}  // namespace pleat
