#include "model/parameter_reader.h"

#include <algorithm>
#include <cstring>

namespace pleat::model {
namespace {

std::string module_of(const std::string& parameter) { return parameter.substr(0, parameter.find(':')); }
std::string name_of(const std::string& parameter) { return parameter.substr(parameter.find(':') + 1); }

// [in, out...] as [in, out].
void flatten(Tensor<float>& weights) {
  const int64_t in = weights.dim(0);
  weights.reshape({in, weights.size() / in});
}

}  // namespace

ParameterReader ParameterReader::in(const std::string& module) const {
  ParameterReader below = *this;
  below.scope_ += "/" + module;
  return below;
}

ParameterReader ParameterReader::layer(int index) const {
  ParameterReader chosen = *this;
  chosen.layer_.push_back(index);
  return chosen;
}

ParameterReader ParameterReader::prefixed(const std::string& prefix) const {
  ParameterReader with = *this;
  with.prefix_ += prefix;
  return with;
}

ParameterReader ParameterReader::with(ops::Arithmetic arithmetic) const {
  ParameterReader same = *this;
  same.arithmetic_ = arithmetic;
  return same;
}

const weights::Parameter& ParameterReader::find(const std::string& parameter) const {
  // A parameter of the scope itself (output_w) has no module.
  const bool own = parameter.find(':') == 0;
  const std::string scope = own ? scope_ : scope_ + "/" + prefix_ + module_of(parameter);
  const weights::Parameter* found = parameters_->find(scope + ":" + name_of(parameter));
  PLEAT_ASSERT(found != nullptr);
  return *found;
}

bool ParameterReader::has(const std::string& parameter) const {
  return parameters_->find(scope_ + "/" + prefix_ + parameter) != nullptr;
}

int ParameterReader::layers(const std::string& parameter) const {
  return static_cast<int>(find(parameter).shape[layer_.size()]);
}

Tensor<float> ParameterReader::values(const std::string& parameter) const {
  const weights::Parameter& stored = find(parameter);
  PLEAT_ASSERT(stored.shape.size() >= layer_.size());
  int64_t index = 0;
  for (size_t axis = 0; axis < layer_.size(); ++axis) index = index * stored.shape[axis] + layer_[axis];
  Shape shape(stored.shape.begin() + static_cast<int64_t>(layer_.size()), stored.shape.end());
  auto out = Tensor<float>::uninitialised(shape);
  const char* bytes = stored.bytes.data();
  if (stored.dtype == DType::f32) {
    std::memcpy(out.data(), bytes + index * out.size() * 4, static_cast<size_t>(out.size()) * 4);
  } else {
    PLEAT_ASSERT(stored.dtype == DType::bf16);
    bytes += index * out.size() * 2;
    for (int64_t i = 0; i < out.size(); ++i) {
      uint16_t half;
      std::memcpy(&half, bytes + 2 * i, 2);
      out[i] = from_bf16(half);
    }
  }
  return out;
}

Tensor<float> ParameterReader::weights(const std::string& module) const {
  Tensor<float> w = values(module + ":weights");
  flatten(w);
  return w;
}

Tensor<float> ParameterReader::transposed_weights(const std::string& module) const {
  Tensor<float> w = values(module + ":weights");
  const int64_t in = w.dim(-1), out = w.size() / in;
  w.reshape({out, in});
  auto t = Tensor<float>::uninitialised({in, out});
  for (int64_t o = 0; o < out; ++o)
    for (int64_t i = 0; i < in; ++i) t(i, o) = w(o, i);
  return t;
}

ops::Array ParameterReader::array(const std::string& parameter) const {
  return backend_->upload(values(parameter));
}

ops::Array ParameterReader::row(const std::string& parameter) const {
  Tensor<float> all = values(parameter);
  all.reshape({1, all.size()});
  return backend_->upload(all);
}

ops::Array ParameterReader::table(const std::string& module) const {
  return backend_->upload(weights(module));
}

ops::Linear ParameterReader::packed(const Tensor<float>& m) const { return backend_->pack(m, arithmetic_); }

ops::Linear ParameterReader::linear(const std::string& module) const { return packed(weights(module)); }

ops::Linear ParameterReader::joined(std::initializer_list<std::string> modules) const {
  std::vector<Tensor<float>> parts;
  for (const auto& module : modules) parts.push_back(weights(module));
  return packed(side_by_side(parts));
}

ops::GatedLinear ParameterReader::gated(const std::string& module) const {
  const Tensor<float> w = weights(module);
  const int64_t half = w.dim(1) / 2;
  return {packed(columns(w, 0, half)), packed(columns(w, half, half))};
}

ops::Attention ParameterReader::attention(const std::string& prefix) const {
  return {joined({prefix + "q_projection", prefix + "k_projection", prefix + "v_projection",
                  prefix + "gating_query"}),
          row(prefix + "q_projection:bias"), values(prefix + "q_projection:bias").dim(0)};
}

ops::LayerNorm ParameterReader::layer_norm(const std::string& module, ops::Variance variance) const {
  ops::LayerNorm norm;
  norm.variance = variance;
  if (has(module + ":scale")) norm.scale = row(module + ":scale");
  if (has(module + ":offset")) norm.offset = row(module + ":offset");
  return norm;
}

Tensor<float> side_by_side(const std::vector<Tensor<float>>& matrices) {
  int64_t cols = 0;
  for (const auto& m : matrices) cols += m.dim(1);
  auto out = Tensor<float>::uninitialised({matrices[0].dim(0), cols});
  int64_t first = 0;
  for (const auto& m : matrices) {
    for (int64_t r = 0; r < m.dim(0); ++r) std::copy_n(&m(r), m.dim(1), &out(r, first));
    first += m.dim(1);
  }
  return out;
}

Tensor<float> columns(const Tensor<float>& m, int64_t first, int64_t count, int64_t step) {
  auto out = Tensor<float>::uninitialised({m.dim(0), count});
  for (int64_t r = 0; r < m.dim(0); ++r)
    for (int64_t c = 0; c < count; ++c) out(r, c) = m(r, first + c * step);
  return out;
}

}  // namespace pleat::model
