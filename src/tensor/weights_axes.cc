#include "tensor/weights_axes.h"

#include <fnmatch.h>

#include <cstring>
#include <span>

namespace pleat {
namespace {

// A pattern (fnmatch) for what follows a group's prefix in `scope:name`, and the axes. A word that starts
// with a dot is a size of the group's stack; capitals are given by the group.
struct Rule {
  const char* pattern;
  const char* axes;
};

// L: layers, C: pair channels.
constexpr Rule kPairBlock[] = {
    {"triangle_multiplication_*/left_norm_input:*", "L C"},
    {"triangle_multiplication_*/center_norm:*", "L C"},
    {"triangle_multiplication_*/projection:weights", "L C 2*C"},
    {"triangle_multiplication_*/gate:weights", "L C 2*C"},
    {"triangle_multiplication_*/*:weights", "L C C"},
    {"pair_attention?/act_norm:*", "L C"},
    {"pair_attention?/pair_bias_projection:weights", "L C .pair_heads"},
    {"pair_attention?/[qk]_projection:weights", "L .pair_heads .pair_head_width C"},
    {"pair_attention?/v_projection:weights", "L C .pair_heads .pair_head_width"},
    {"pair_attention?/*:weights", "L .pair_heads*.pair_head_width C"},
    {"pair_transition/input_layer_norm:*", "L C"},
    {"pair_transition/transition1:weights", "L C 2*.pair_hidden"},
    {"pair_transition/transition2:weights", "L .pair_hidden C"}};

constexpr Rule kSingleTrack[] = {
    {"single_pair_logits_norm:*", "L pair_channels"},
    {"single_pair_logits_projection:weights", "L pair_channels .single_heads"},
    {"single_attention_layer_norm:*", "L single_channels"},
    {"single_attention_q_projection:bias", "L .single_heads .single_head_width"},
    {"single_attention_?_projection:weights", "L single_channels .single_heads .single_head_width"},
    {"single_attention_gating_query:weights", "L single_channels .single_heads*.single_head_width"},
    {"single_attention_transition2:weights", "L .single_heads*.single_head_width single_channels"},
    {"single_transition/input_layer_norm:*", "L single_channels"},
    {"single_transition/transition1:weights", "L single_channels 2*.single_hidden"},
    {"single_transition/transition2:weights", "L .single_hidden single_channels"}};

constexpr Rule kMsaTrack[] = {
    {"outer_product_mean:output_w", "L .outer_channels .outer_channels pair_channels"},
    {"outer_product_mean:output_b", "L pair_channels"},
    {"outer_product_mean/layer_norm_input:*", "L msa_channels"},
    {"outer_product_mean/*_projection:weights", "L msa_channels .outer_channels"},
    {"msa_attention1/act_norm:*", "L msa_channels"},
    {"msa_attention1/pair_norm:*", "L pair_channels"},
    {"msa_attention1/pair_logits:weights", "L pair_channels .msa_heads"},
    {"msa_attention1/v_projection:weights", "L msa_channels .msa_heads .msa_head_width"},
    {"msa_attention1/gating_query:weights", "L msa_channels .msa_heads*.msa_head_width"},
    {"msa_attention1/output_projection:weights", "L .msa_heads*.msa_head_width msa_channels"},
    {"msa_transition/input_layer_norm:*", "L msa_channels"},
    {"msa_transition/transition1:weights", "L msa_channels 2*.msa_hidden"},
    {"msa_transition/transition2:weights", "L .msa_hidden msa_channels"}};

// Blocks of the conditioned transformers. C: channels, S: channels of the condition.
constexpr Rule kTransformerBlock[] = {{"*single_cond_layer_norm:scale", "L S"},
                                      {"*single_cond_scale:bias", "L C"},
                                      {"*single_cond_scale:weights", "L S C"},
                                      {"*single_cond_bias:weights", "L S C"},
                                      {"*adaptive_zero_cond:bias", "L C"},
                                      {"*adaptive_zero_cond:weights", "L S C"},
                                      {"q_projection:bias", "L .heads .head_width"},
                                      {"[qkv]_projection:weights", "L C .heads .head_width"},
                                      {"gating_query:weights", "L C .heads*.head_width"},
                                      {"transition2:weights", "L .heads*.head_width C"},
                                      {"ffw_transition1:weights", "L C 2*.hidden"},
                                      {"ffw_transition2:weights", "L .hidden C"}};

// P: channels of the pairs.
constexpr Rule kAtomPairLogits[] = {{"pair_input_layer_norm:scale", "P"},
                                    {"pair_logits_projection:weights", "P L .heads"}};
constexpr Rule kTokenPairLogits[] = {
    {"pair_input_layer_norm:scale", "P"},
    {"__layer_stack_with_per_layer/pair_logits_projection:weights", ".super_blocks P .blocks .heads"}};

// C: atom channels, P: channels of the atom pairs, T: token channels.
constexpr Rule kAtomEncoder[] = {{"embed_ref_pos:weights", "3 C"},
                                 {"embed_ref_mask:weights", "1 C"},
                                 {"embed_ref_charge:weights", "1 C"},
                                 {"embed_ref_element:weights", "128 C"},
                                 {"embed_ref_atom_name:weights", "256 C"},
                                 {"embed_pair_offsets_valid:weights", "1 P"},
                                 {"embed_pair_offsets*:weights", "3 P"},
                                 {"embed_pair_distances*:weights", "1 P"},
                                 {"single_to_pair_cond_*:weights", "C P"},
                                 {"pair_mlp_?:weights", "P P"},
                                 {"project_atom_features_for_aggr:weights", "C T"}};

constexpr Rule kTrunkInputs[] = {
    {"left_single:weights", "63+conditioning_channels pair_channels"},
    {"right_single:weights", "63+conditioning_channels pair_channels"},
    {"~_relative_encoding/position_activations:weights", "139 pair_channels"},
    {"bond_embedding:weights", "1 pair_channels"},
    {"prev_embedding_layer_norm:*", "pair_channels"},
    {"prev_embedding:weights", "pair_channels pair_channels"},
    {"prev_single_embedding_layer_norm:*", "single_channels"},
    {"prev_single_embedding:weights", "single_channels single_channels"},
    {"single_activations:weights", "63+conditioning_channels single_channels"},
    {"msa_activations:weights", "34 msa_channels"},
    {"extra_msa_target_feat:weights", "63+conditioning_channels msa_channels"},
    {"template_embedding/output_linear:weights", "template_channels pair_channels"}};

constexpr Rule kTemplateInputs[] = {{"query_embedding_norm:*", "pair_channels"},
                                    {"output_layer_norm:*", "template_channels"},
                                    {"template_pair_embedding_0:weights", "39 template_channels"},
                                    {"template_pair_embedding_[23]:weights", "31 template_channels"},
                                    {"template_pair_embedding_8:weights", "pair_channels template_channels"},
                                    {"template_pair_embedding_?:weights", "template_channels"}};

// C: atom channels, P: channels of the atom pairs, T: token channels, S and Q: channels of the single and
// pair condition.
constexpr Rule kDiffusion[] = {
    {"diffusion_atom_positions_to_features:weights", "3 C"},
    {"diffusion_atom_features_layer_norm:scale", "C"},
    {"diffusion_atom_features_to_position_update:weights", "C 3"},
    {"diffusion_lnorm_trunk_single_cond:scale", "single_channels"},
    {"diffusion_embed_trunk_single_cond:weights", "single_channels C"},
    {"diffusion_lnorm_trunk_pair_cond:scale", "Q"},
    {"diffusion_embed_trunk_pair_cond:weights", "Q P"},
    {"diffusion_project_token_features_for_broadcast:weights", "T C"},
    {"noise_embedding_initial_norm:scale", "256"},
    {"noise_embedding_initial_projection:weights", "256 S"},
    {"pair_cond_initial_norm:scale", "139+pair_channels"},
    {"pair_cond_initial_projection:weights", "139+pair_channels Q"},
    {"single_cond_initial_norm:scale", "63+single_channels+conditioning_channels"},
    {"single_cond_initial_projection:weights", "63+single_channels+conditioning_channels S"},
    {"single_cond_embedding_norm:scale", "S"},
    {"single_cond_embedding_projection:weights", "S T"},
    {"pair_transition_?ffw_layer_norm:*", "Q"},
    {"pair_transition_?ffw_transition1:weights", "Q 2*.pair_hidden"},
    {"pair_transition_?ffw_transition2:weights", ".pair_hidden Q"},
    {"single_transition_?ffw_layer_norm:*", "S"},
    {"single_transition_?ffw_transition1:weights", "S 2*.single_hidden"},
    {"single_transition_?ffw_transition2:weights", ".single_hidden S"},
    {"output_norm:scale", "T"}};

constexpr Rule kHeads[] = {
    {"__meta__:__identifier__", "64"},
    {"diffuser/distogram_head/half_logits:weights", "pair_channels 64"},
    {"diffuser/confidence_head/~_embed_features/distogram_feat_project:weights", "39 pair_channels"},
    {"diffuser/confidence_head/~_embed_features/*_target_feat_project:weights",
     "63+conditioning_channels pair_channels"},
    {"diffuser/confidence_head/logits_ln:*", "pair_channels"},
    {"diffuser/confidence_head/left_half_distance_logits:weights", "pair_channels 64"},
    {"diffuser/confidence_head/pae_logits_ln:*", "pair_channels"},
    {"diffuser/confidence_head/pae_logits:weights", "pair_channels 64"},
    {"diffuser/confidence_head/plddt_logits_ln:*", "single_channels"},
    {"diffuser/confidence_head/plddt_logits:weights", "single_channels 24 50"},
    {"diffuser/confidence_head/experimentally_resolved_ln:*", "single_channels"},
    {"diffuser/confidence_head/experimentally_resolved_logits:weights", "single_channels 24 2"}};

// Rules for the names that start with `prefix`. `given` says what the capitals stand for ("L=.layers C=...").
struct Group {
  const char* prefix;
  std::span<const Rule> rules;
  const char* stack;
  const char* given;
};

#define PLEAT_E "diffuser/evoformer/"
#define PLEAT_TEMPLATE PLEAT_E "template_embedding/single_template_embedding/"
#define PLEAT_EC "diffuser/evoformer_conditioning_"
#define PLEAT_D "diffuser/~/diffusion_head/"
#define PLEAT_LAYERS "__layer_stack_with_per_layer/"
constexpr const char* kTrunk = PLEAT_E "__layer_stack_no_per_layer_1/trunk_pairformer/";
constexpr const char* kMsa = PLEAT_E "__layer_stack_no_per_layer/msa_stack/";
constexpr const char* kConfidence =
    "diffuser/confidence_head/__layer_stack_no_per_layer/confidence_pairformer/";
constexpr const char* kTemplate = PLEAT_TEMPLATE "__layer_stack_no_per_layer/template_embedding_iteration/";
constexpr const char* kInPairStack = "L=.layers C=pair_channels";
constexpr const char* kConditioning =
    "L=.layers C=conditioning_atom_channels S=conditioning_atom_channels P=conditioning_atom_pair_channels "
    "T=conditioning_channels";
constexpr const char* kDiffusionAtoms =
    "L=.layers C=diffusion_atom_channels S=diffusion_atom_channels P=diffusion_atom_pair_channels "
    "T=diffusion_channels";
constexpr const char* kDiffusionTokens =
    "L=.super_blocks,.blocks C=diffusion_channels S=diffusion_single_channels P=diffusion_pair_channels";
constexpr const char* kDiffusionInputs =
    "C=diffusion_atom_channels P=diffusion_atom_pair_channels T=diffusion_channels "
    "S=diffusion_single_channels "
    "Q=diffusion_pair_channels";

const Group kGroups[] = {
    {kTrunk, kPairBlock, "trunk", kInPairStack},
    {kTrunk, kSingleTrack, "trunk", kInPairStack},
    {kMsa, kPairBlock, "msa_stack", kInPairStack},
    {kMsa, kMsaTrack, "msa_stack", kInPairStack},
    {kConfidence, kPairBlock, "confidence", kInPairStack},
    {kConfidence, kSingleTrack, "confidence", kInPairStack},
    {kTemplate, kPairBlock, "template", "L=.layers C=template_channels"},
    {PLEAT_TEMPLATE, kTemplateInputs, "template", ""},
    {PLEAT_E, kTrunkInputs, "trunk", ""},
    {PLEAT_EC, kAtomEncoder, "conditioning", kConditioning},
    {PLEAT_EC "atom_transformer_encoder/", kAtomPairLogits, "conditioning", kConditioning},
    {PLEAT_EC "atom_transformer_encoder/" PLEAT_LAYERS "evoformer_conditioning_atom_transformer_encoder",
     kTransformerBlock, "conditioning", kConditioning},
    {PLEAT_D "diffusion_", kAtomEncoder, "diffusion_encoder", kDiffusionAtoms},
    {PLEAT_D "diffusion_atom_transformer_encoder/", kAtomPairLogits, "diffusion_encoder", kDiffusionAtoms},
    {PLEAT_D "diffusion_atom_transformer_encoder/" PLEAT_LAYERS "diffusion_atom_transformer_encoder",
     kTransformerBlock, "diffusion_encoder", kDiffusionAtoms},
    {PLEAT_D "diffusion_atom_transformer_decoder/", kAtomPairLogits, "diffusion_decoder", kDiffusionAtoms},
    {PLEAT_D "diffusion_atom_transformer_decoder/" PLEAT_LAYERS "diffusion_atom_transformer_decoder",
     kTransformerBlock, "diffusion_decoder", kDiffusionAtoms},
    {PLEAT_D "transformer/", kTokenPairLogits, "transformer", kDiffusionTokens},
    {PLEAT_D "transformer/" PLEAT_LAYERS PLEAT_LAYERS "transformer", kTransformerBlock, "transformer",
     kDiffusionTokens},
    {PLEAT_D, kDiffusion, "diffusion", kDiffusionInputs},
    {"", kHeads, "", ""}};

std::vector<std::string> split_at(std::string_view text, char separator) {
  std::vector<std::string> parts;
  while (!text.empty()) {
    const size_t at = text.find(separator);
    parts.emplace_back(text.substr(0, at));
    text = at == std::string_view::npos ? std::string_view() : text.substr(at + 1);
  }
  return parts;
}

// "C" as the group gives it, with commas for several axes; any other word as it is.
std::string given_for(const std::string& word, const Group& group) {
  for (const std::string& pair : split_at(group.given, ' '))
    if (pair.substr(0, pair.find('=')) == word) return pair.substr(pair.find('=') + 1);
  return word;
}

std::vector<AxisFormula> spell_out(const char* axes, const Group& group) {
  std::vector<AxisFormula> formulas;
  for (const std::string& axis : split_at(axes, ' ')) {
    std::string formula, word;
    const auto finish_word = [&] {
      formula += given_for(word, group);
      word.clear();
    };
    for (char c : axis) {
      if (c == '*' || c == '+') {
        finish_word();
        formula += c;
      } else {
        word += c;
      }
    }
    finish_word();
    for (std::string part : split_at(formula, ',')) {
      for (size_t at = 0; (at = part.find('.', at)) != std::string::npos; at += std::strlen(group.stack) + 1)
        part.insert(at, group.stack);
      formulas.push_back(part);
    }
  }
  return formulas;
}

bool is_number(std::string_view word) { return word[0] >= '0' && word[0] <= '9'; }

}  // namespace

std::vector<AxisFormula> axes_of(std::string_view full_name) {
  for (const Group& group : kGroups) {
    if (!full_name.starts_with(group.prefix)) continue;
    const std::string rest(full_name.substr(std::string_view(group.prefix).size()));
    for (const Rule& rule : group.rules)
      if (fnmatch(rule.pattern, rest.c_str(), FNM_PATHNAME) == 0) return spell_out(rule.axes, group);
  }
  return {};
}

std::vector<std::string> sizes_in(const AxisFormula& formula) {
  std::vector<std::string> names;
  for (const std::string& term : split_at(formula, '+'))
    for (const std::string& factor : split_at(term, '*'))
      if (!is_number(factor)) names.push_back(factor);
  return names;
}

int64_t evaluate(const AxisFormula& formula, const std::map<std::string, int64_t>& sizes) {
  int64_t sum = 0;
  for (const std::string& term : split_at(formula, '+')) {
    int64_t product = 1;
    for (const std::string& factor : split_at(term, '*'))
      product *= is_number(factor) ? std::stoll(factor) : sizes.at(factor);
    sum += product;
  }
  return sum;
}

}  // namespace pleat
