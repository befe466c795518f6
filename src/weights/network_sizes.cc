#include "weights/network_sizes.h"

#include <algorithm>
#include <functional>
#include <map>

#include "base/error.h"
#include "weights/parameters.h"
#include "weights/schema.h"

namespace pleat::weights {
namespace {

struct Field {
  const char* name;
  int64_t& (*of)(NetworkSizes&);
};

#define PLEAT_SIZE(path)                                       \
  {                                                            \
#path, [](NetworkSizes & s) -> int64_t& { return s.path; } \
  }
#define PLEAT_LAYER(path) PLEAT_SIZE(path.heads), PLEAT_SIZE(path.head_width), PLEAT_SIZE(path.hidden)
constexpr Field kFields[] = {PLEAT_SIZE(pair_channels),
                             PLEAT_SIZE(single_channels),
                             PLEAT_SIZE(msa_channels),
                             PLEAT_SIZE(template_channels),
                             PLEAT_SIZE(conditioning.atom_channels),
                             PLEAT_SIZE(conditioning.atom_pair_channels),
                             PLEAT_SIZE(conditioning.token_channels),
                             PLEAT_SIZE(conditioning.encoder.blocks),
                             PLEAT_LAYER(conditioning.encoder),
                             PLEAT_SIZE(template_stack.blocks),
                             PLEAT_LAYER(template_stack.pair),
                             PLEAT_SIZE(msa_stack.blocks),
                             PLEAT_SIZE(msa_stack.outer_channels),
                             PLEAT_LAYER(msa_stack.pair),
                             PLEAT_LAYER(msa_stack.msa),
                             PLEAT_SIZE(trunk.blocks),
                             PLEAT_LAYER(trunk.pair),
                             PLEAT_LAYER(trunk.single),
                             PLEAT_SIZE(confidence.blocks),
                             PLEAT_LAYER(confidence.pair),
                             PLEAT_LAYER(confidence.single),
                             PLEAT_SIZE(diffusion.token_channels),
                             PLEAT_SIZE(diffusion.atom_channels),
                             PLEAT_SIZE(diffusion.atom_pair_channels),
                             PLEAT_SIZE(diffusion.single_channels),
                             PLEAT_SIZE(diffusion.pair_channels),
                             PLEAT_SIZE(diffusion.single_hidden),
                             PLEAT_SIZE(diffusion.pair_hidden),
                             PLEAT_SIZE(diffusion.encoder.blocks),
                             PLEAT_LAYER(diffusion.encoder),
                             PLEAT_SIZE(diffusion.decoder.blocks),
                             PLEAT_LAYER(diffusion.decoder),
                             PLEAT_SIZE(diffusion.transformer.super_blocks),
                             PLEAT_SIZE(diffusion.transformer.blocks),
                             PLEAT_LAYER(diffusion.transformer),
                             PLEAT_SIZE(distogram_bins),
                             PLEAT_SIZE(pde_bins),
                             PLEAT_SIZE(pae_bins),
                             PLEAT_SIZE(plddt_bins)};
#undef PLEAT_LAYER
#undef PLEAT_SIZE

// Counts the axes of each length for a size. Only axes that are a single size vote; every size in the table
// has such an axis.
class Vote {
 public:
  void add(const std::vector<AxisFormula>& axes, const Shape& shape) {
    PLEAT_ASSERT(axes.size() == shape.size());
    for (size_t axis = 0; axis < axes.size(); ++axis)
      if (is_single_size(axes[axis])) ++ballots_[axes[axis]][shape[axis]];
  }

  NetworkSizes winners() const {
    NetworkSizes sizes;
    for (const auto& [name, lengths] : ballots_)
      size_named(sizes, name) =
          std::ranges::max_element(lengths, {}, [](const auto& length) { return length.second; })->first;
    return sizes;
  }

 private:
  std::map<std::string, std::map<int64_t, int>> ballots_;
};

}  // namespace

NetworkSizes network_sizes(const Parameters& parameters) {
  Vote vote;
  for (const ParameterRow& row : parameter_table().rows()) {
    const Parameter* parameter = parameters.find(row.full_name());
    PLEAT_ASSERT(parameter != nullptr);
    vote.add(row.axes, parameter->shape);
  }
  return vote.winners();
}

const NetworkSizes& official_sizes() {
  static const NetworkSizes sizes = [] {
    Vote vote;
    for (const ParameterRow& row : parameter_table().rows()) vote.add(row.axes, row.official_shape);
    return vote.winners();
  }();
  return sizes;
}

const std::vector<std::string>& size_names() {
  static const std::vector<std::string> names = [] {
    std::vector<std::string> all;
    for (const Field& field : kFields) all.emplace_back(field.name);
    return all;
  }();
  return names;
}

int64_t& size_named(NetworkSizes& sizes, std::string_view name) {
  const auto field = std::ranges::find(kFields, name, &Field::name);
  PLEAT_ASSERT(field != std::end(kFields));
  return field->of(sizes);
}

int64_t size_named(const NetworkSizes& sizes, std::string_view name) {
  NetworkSizes copy = sizes;
  return size_named(copy, name);
}

}  // namespace pleat::weights
