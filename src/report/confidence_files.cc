#include "report/confidence_files.h"

#include <fmt/format.h>

#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

#include "base/error.h"

namespace pleat::report {
namespace {

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();

// Reads the numbers and words of each key one by one, without a tree: a matrix of 5,000 tokens has 25 million
// numbers.
class ConfidenceReader final : public nlohmann::json_sax<nlohmann::json> {
 public:
  explicit ConfidenceReader(FullConfidences& found) : found_(found) {}

  bool key(string_t& name) override {
    const auto list = [&]() -> std::vector<float>* {
      if (name == "atom_plddts") return &found_.atom_plddts;
      if (name == "contact_probs") return &found_.contact_probs;
      return name == "pae" ? &found_.pae : nullptr;
    };
    numbers_ = list();
    is_chain_ = name == "token_chain_ids";
    is_residue_ = name == "token_res_ids";
    return true;
  }
  bool null() override { return number(static_cast<float>(kNone)); }
  bool number_integer(number_integer_t value) override { return integer(value); }
  bool number_unsigned(number_unsigned_t value) override { return integer(static_cast<int64_t>(value)); }
  bool number_float(number_float_t value, const string_t&) override {
    return number(static_cast<float>(value));
  }
  bool string(string_t& value) override {
    if (is_chain_) found_.token_chains.push_back(value);
    return true;
  }
  bool boolean(bool) override { return true; }
  bool binary(binary_t&) override { return true; }
  bool start_object(size_t) override { return true; }
  bool end_object() override { return true; }
  bool start_array(size_t) override { return true; }
  bool end_array() override { return true; }
  bool parse_error(size_t position, const std::string&, const nlohmann::json::exception&) override {
    error = fmt::format("the text is not JSON: it has an error at byte {}", position);
    return false;
  }

  std::string error;

 private:
  bool number(float value) {
    if (numbers_) numbers_->push_back(value);
    return true;
  }
  bool integer(int64_t value) {
    if (is_residue_) found_.token_residues.push_back(static_cast<int>(value));
    return number(static_cast<float>(value));
  }

  FullConfidences& found_;
  std::vector<float>* numbers_ = nullptr;
  bool is_chain_ = false, is_residue_ = false;
};

void require_size(const char* key, size_t found, size_t expected) {
  if (found != expected)
    throw Error("", fmt::format("{} has {} values where {} are expected", key, found, expected));
}

double number_or_none(const nlohmann::json& value) { return value.is_number() ? value.get<double>() : kNone; }

std::vector<double> numbers(const nlohmann::json& list) {
  std::vector<double> found;
  for (const nlohmann::json& value : list) found.push_back(number_or_none(value));
  return found;
}

output::ChainMatrix matrix(const nlohmann::json& rows) {
  output::ChainMatrix found;
  for (const nlohmann::json& row : rows) found.push_back(numbers(row));
  for (const auto& row : found) require_size("a row of a chain-pair matrix", row.size(), found.size());
  return found;
}

}  // namespace

FullConfidences read_confidences(const std::string& json) {
  FullConfidences found;
  ConfidenceReader reader(found);
  if (!nlohmann::json::sax_parse(json, &reader)) throw Error("", reader.error);
  const size_t tokens = found.token_chains.size();
  if (tokens == 0) throw Error("", "token_chain_ids is missing or empty");
  require_size("token_res_ids", found.token_residues.size(), tokens);
  require_size("pae", found.pae.size(), tokens * tokens);
  require_size("contact_probs", found.contact_probs.size(), tokens * tokens);
  return found;
}

output::Confidences read_summary(const std::string& json) {
  output::Confidences found;
  try {
    const nlohmann::json summary = nlohmann::json::parse(json);
    found.ptm = number_or_none(summary.at("ptm"));
    found.iptm = number_or_none(summary.at("iptm"));
    found.ranking_score = number_or_none(summary.at("ranking_score"));
    found.fraction_disordered = number_or_none(summary.at("fraction_disordered"));
    found.has_clash = number_or_none(summary.at("has_clash")) > 0;
    found.chain_ptm = numbers(summary.at("chain_ptm"));
    found.chain_iptm = numbers(summary.at("chain_iptm"));
    found.chain_pair_iptm = matrix(summary.at("chain_pair_iptm"));
    found.chain_pair_pae_min = matrix(summary.at("chain_pair_pae_min"));
  } catch (const nlohmann::json::exception& error) {
    throw Error("", fmt::format("the file can't be read as a summary of confidences: {}", error.what()));
  }
  return found;
}

}  // namespace pleat::report
