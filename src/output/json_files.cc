// The text of the confidence files.
#include "output/json_files.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "output/number_text.h"

namespace pleat::output {
namespace {

std::vector<double> rounded(std::vector<double> values) {
  for (double& value : values) value = round_2_decimals(value);
  return values;
}

ChainMatrix rounded(ChainMatrix values) {
  for (std::vector<double>& row : values) row = rounded(std::move(row));
  return values;
}

// 87.53, 87.5, 90.0: drops one trailing zero. hundredths in 0..9999.
void append_hundredths(std::string& text, int hundredths) {
  if (hundredths >= 1000) text += static_cast<char>('0' + hundredths / 1000);
  text += static_cast<char>('0' + hundredths / 100 % 10);
  text += '.';
  text += static_cast<char>('0' + hundredths / 10 % 10);
  if (hundredths % 10 != 0) text += static_cast<char>('0' + hundredths % 10);
}

// `value` clamped to 0..highest and rounded to 1 / steps_per_unit, a power of ten up to 100.
void append_number(std::string& text, float value, float highest, int steps_per_unit) {
  if (std::isnan(value)) {
    text += "null";
    return;
  }
  const float steps = std::round(std::clamp(value, 0.0f, highest) * static_cast<float>(steps_per_unit));
  append_hundredths(text, static_cast<int>(steps) * (100 / steps_per_unit));
}

void append_plddt(std::string& text, float value) { append_number(text, value, 99.99f, 100); }
void append_pae(std::string& text, float value) { append_number(text, value, 99.9f, 10); }
void append_probability(std::string& text, float value) { append_number(text, value, 1.0f, 100); }

// [v,v,...] with each value written by append(text, value).
template <class Values, class Append>
void append_list(std::string& text, const Values& values, Append append) {
  text += '[';
  bool first = true;
  for (const auto& value : values) {
    if (!first) text += ',';
    first = false;
    append(text, value);
  }
  text += ']';
}

template <class Append>
void append_matrix(std::string& text, std::span<const float> values, size_t n, Append append) {
  std::vector<std::span<const float>> rows;
  for (size_t i = 0; i < n; ++i) rows.push_back(values.subspan(i * n, n));
  append_list(text, rows, [&](std::string& to, std::span<const float> row) { append_list(to, row, append); });
}

}  // namespace

std::string summary_confidences_json(const Confidences& confidences,
                                     const featurise::StructureLayout& layout) {
  std::vector<std::string> chain_ids;
  for (const featurise::OutputToken& token : layout.tokens)
    chain_ids.push_back(layout.chains[static_cast<size_t>(token.chain)].id);
  const nlohmann::json summary = {{"chain_ids", chain_ids},
                                  {"chain_iptm", rounded(confidences.chain_iptm)},
                                  {"chain_pair_iptm", rounded(confidences.chain_pair_iptm)},
                                  {"chain_pair_pae_min", rounded(confidences.chain_pair_pae_min)},
                                  {"chain_ptm", rounded(confidences.chain_ptm)},
                                  {"fraction_disordered", round_2_decimals(confidences.fraction_disordered)},
                                  {"has_clash", confidences.has_clash ? 1.0 : 0.0},
                                  {"iptm", round_2_decimals(confidences.iptm)},
                                  {"ptm", round_2_decimals(confidences.ptm)},
                                  {"ranking_score", round_2_decimals(confidences.ranking_score)}};
  return summary.dump(1);
}

std::string confidences_json(const featurise::StructureLayout& layout, std::span<const float> plddts,
                             std::span<const float> contact_probs, std::span<const float> pae) {
  const auto chain_id = [&](std::string& text, const auto& of) {
    text += '"' + layout.chains[static_cast<size_t>(of.chain)].id + '"';
  };
  const auto residue_id = [](std::string& text, const featurise::OutputToken& token) {
    text += std::to_string(token.residue_id);
  };
  const size_t tokens = layout.tokens.size();
  std::string text = "{\n  \"atom_chain_ids\": ";
  text.reserve(tokens * tokens * 10 + layout.atoms.size() * 10);
  append_list(text, layout.atoms, chain_id);
  text += ",\n  \"atom_plddts\": ";
  append_list(text, plddts, append_plddt);
  text += ",\n  \"contact_probs\": ";
  append_matrix(text, contact_probs, tokens, append_probability);
  text += ",\n  \"pae\": ";
  append_matrix(text, pae, tokens, append_pae);
  text += ",\n  \"token_chain_ids\": ";
  append_list(text, layout.tokens, chain_id);
  text += ",\n  \"token_res_ids\": ";
  append_list(text, layout.tokens, residue_id);
  return text + "\n}";
}

}  // namespace pleat::output
