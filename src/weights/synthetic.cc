// The synthetic parameters: every value is a hash of (seed, name, index), scaled so that each layer keeps the
// magnitude of its input. The definition is fixed: any program that follows it gets the same bits.
//
// Value i (the flat index) of parameter `scope:name`, in float64:
//
//   h = mix(seed * 0x9e3779b97f4a7c15 + fnv1a64("scope:name") + (i + 1) * 0xd1342543de82ef95)
//   x = (2 (h >> 40) / 2^24 - 1) sqrt(3)        zero mean, unit variance
//
//   scale:                     1 + 0.1 x
//   bias, offset, output_b:    0.1 x
//   all others:                gain x / sqrt(fan_in)
//
//   fan_in, of the axes behind those that number blocks:
//     output_w: the first axis times the second
//     one axis alone: 1
//     q_projection, k_projection, gating_query of pair_attention: the last axis
//     all others: the first axis
//   gain:
//     output_w, and layers that end with output_projection or transition2: 0.1
//     all others: 1
//
// The value is rounded to float32, then to bfloat16 if the parameter is stored so. __meta__ is zeros.
#include <algorithm>
#include <cmath>
#include <cstring>

#include "base/thread_pool.h"
#include "weights/parameters.h"

namespace pleat::weights {
namespace {

uint64_t fnv1a64(std::string_view text) {
  uint64_t h = 0xcbf29ce484222325;
  for (unsigned char c : text) h = (h ^ c) * 0x100000001b3;
  return h;
}

inline uint64_t mix(uint64_t z) {
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
  z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
  return z ^ (z >> 31);
}

// Value = base + gain * x / root_fan_in.
struct Scale {
  double base = 0, gain = 1, root_fan_in = 1;
};

bool is_any_of(std::string_view text, std::initializer_list<std::string_view> names) {
  return std::ranges::find(names, text) != names.end();
}

// The product of the axes that the layer contracts.
int64_t fan_in(const Parameter& parameter, std::string_view layer) {
  const Shape axes(parameter.shape.begin() + parameter.stack_axes(), parameter.shape.end());
  if (parameter.name == "output_w") return axes[0] * axes[1];
  if (axes.size() == 1) return 1;
  const bool transposed = parameter.scope.find("pair_attention") != std::string_view::npos &&
                          is_any_of(layer, {"q_projection", "k_projection", "gating_query"});
  return transposed ? axes.back() : axes.front();
}

Scale scale_of(const Parameter& parameter) {
  if (parameter.name == "scale") return {1, 0.1, 1};
  if (is_any_of(parameter.name, {"bias", "offset", "output_b"})) return {0, 0.1, 1};
  const std::string_view scope = parameter.scope, layer = scope.substr(scope.rfind('/') + 1);
  const bool into_residual =
      parameter.name == "output_w" || layer.ends_with("output_projection") || layer.ends_with("transition2");
  return {0, into_residual ? 0.1 : 1.0, std::sqrt(static_cast<double>(fan_in(parameter, layer)))};
}

void fill_slice(char* bytes, DType dtype, uint64_t start, Scale scale, int64_t first, int64_t last) {
  const double unit = std::sqrt(3.0);
  for (int64_t i = first; i < last; ++i) {
    const uint64_t h = mix(start + static_cast<uint64_t>(i + 1) * 0xd1342543de82ef95);
    const double x = (2 * (static_cast<double>(h >> 40) / 16777216.0) - 1) * unit;
    const float value = static_cast<float>(scale.base + scale.gain * x / scale.root_fan_in);
    if (dtype == DType::bf16) {
      const uint16_t rounded = to_bf16(value);
      std::memcpy(bytes + i * 2, &rounded, 2);
    } else {
      std::memcpy(bytes + i * 4, &value, 4);
    }
  }
}

}  // namespace

void Parameters::fill(uint64_t seed, ThreadPool& pool) {
  struct Slice {
    Parameter* parameter;
    int64_t first, last;
  };
  constexpr int64_t kSlice = int64_t{1} << 20;
  std::vector<Slice> slices;
  for (Parameter& parameter : parameters_) {
    const int64_t size = element_count(parameter.shape);
    for (int64_t first = 0; first < size && parameter.scope != "__meta__"; first += kSlice)
      slices.push_back({&parameter, first, std::min(first + kSlice, size)});
  }
  pool.run(static_cast<int64_t>(parameters_.size()), [&](int64_t p, int) {
    Parameter& parameter = parameters_[static_cast<size_t>(p)];
    parameter.bytes.resize(static_cast<size_t>(parameter.stored_bytes()));
  });
  pool.run(static_cast<int64_t>(slices.size()), [&](int64_t s, int) {
    const auto [parameter, first, last] = slices[static_cast<size_t>(s)];
    const uint64_t start = seed * 0x9e3779b97f4a7c15 + fnv1a64(parameter->full_name());
    fill_slice(parameter->bytes.data(), parameter->dtype, start, scale_of(*parameter), first, last);
  });
}

}  // namespace pleat::weights
