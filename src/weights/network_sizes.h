// The sizes of a network: channels, heads and blocks, read from the shapes of its parameters.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace pleat::weights {

class Parameters;

// A layer's attention and the transition after it.
struct LayerSizes {
  int64_t heads = 0, head_width = 0;
  int64_t hidden = 0;  // channels inside the transition

  int64_t width() const { return heads * head_width; }  // of all heads
  bool operator==(const LayerSizes&) const = default;
};

struct TemplateStackSizes {
  int64_t blocks = 0;
  LayerSizes pair;
  bool operator==(const TemplateStackSizes&) const = default;
};

struct MsaStackSizes {
  int64_t blocks = 0;
  int64_t outer_channels = 0;  // of each factor of the outer product mean
  LayerSizes pair, msa;
  bool operator==(const MsaStackSizes&) const = default;
};

struct PairformerSizes {
  int64_t blocks = 0;
  LayerSizes pair, single;
  bool operator==(const PairformerSizes&) const = default;
};

struct AtomTransformerSizes : LayerSizes {
  int64_t blocks = 0;
  bool operator==(const AtomTransformerSizes&) const = default;
};

struct TokenTransformerSizes : LayerSizes {
  int64_t super_blocks = 0;
  int64_t blocks = 0;  // of each super block; they share a projection of the pair

  int64_t all_blocks() const { return super_blocks * blocks; }
  bool operator==(const TokenTransformerSizes&) const = default;
};

// The atom encoder that makes a part of the target features.
struct ConditioningSizes {
  int64_t atom_channels = 0, atom_pair_channels = 0;
  int64_t token_channels = 0;  // its output for each token
  AtomTransformerSizes encoder;
  bool operator==(const ConditioningSizes&) const = default;
};

struct DiffusionSizes {
  int64_t token_channels = 0, atom_channels = 0, atom_pair_channels = 0;
  int64_t single_channels = 0, pair_channels = 0;  // of the conditions
  int64_t single_hidden = 0, pair_hidden = 0;      // inside the transitions of the conditions
  AtomTransformerSizes encoder, decoder;
  TokenTransformerSizes transformer;
  bool operator==(const DiffusionSizes&) const = default;
};

struct NetworkSizes {
  int64_t pair_channels = 0, single_channels = 0, msa_channels = 0, template_channels = 0;
  ConditioningSizes conditioning;
  TemplateStackSizes template_stack;
  MsaStackSizes msa_stack;
  PairformerSizes trunk, confidence;
  DiffusionSizes diffusion;
  int64_t distogram_bins = 0, pde_bins = 0, pae_bins = 0, plddt_bins = 0;
  bool operator==(const NetworkSizes&) const = default;
};

// The sizes that most parameters agree on. Ranks must be those of parameter_table() (Parameters::check);
// values may be absent.
NetworkSizes network_sizes(const Parameters& parameters);

// The sizes of AlphaFold 3's own network (data/parameters.tsv).
const NetworkSizes& official_sizes();

// The names of all sizes: the paths of the fields above, such as "trunk.pair.heads".
const std::vector<std::string>& size_names();
// The field of a name in size_names().
int64_t& size_named(NetworkSizes& sizes, std::string_view name);
int64_t size_named(const NetworkSizes& sizes, std::string_view name);

}  // namespace pleat::weights
