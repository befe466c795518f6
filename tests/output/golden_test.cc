// The reference's own samples, read back from its files, written again.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "output/clashes.h"
#include "output/disorder.h"
#include "output/json_files.h"
#include "output/model_cif.h"
#include "tests/output/samples.h"
#include "tests/support.h"

namespace pleat::output {
namespace {

// The categories of a file by their text, those left out that say what made it. The part before the block is
// comments.
std::map<std::string, std::string> categories(const std::string& cif) {
  static const std::set<std::string> kOwn = {"_software", "_ma_model_list", "_pdbx_data_usage"};
  std::map<std::string, std::string> found;
  size_t at = cif.find("data_");
  while (at < cif.size()) {
    const size_t end = cif.find("\n#\n", at) + 3;
    const std::string text = cif.substr(at, end - at);
    const size_t key = text.starts_with("loop_\n") ? 6 : 0;
    const std::string name = text.substr(key, text.find_first_of(".\n", key) - key);
    if (!kOwn.contains(name)) found[name] = text;
    at = end;
  }
  return found;
}

// The names of the categories in file order.
std::vector<std::string> category_order(const std::string& cif) {
  std::vector<std::string> names;
  gemmi::cif::Document document = gemmi::cif::read_string(cif);
  for (const gemmi::cif::Item& item : document.sole_block().items) {
    const std::string tag = item.type == gemmi::cif::ItemType::Loop ? item.loop.tags[0] : item.pair[0];
    const std::string name = tag.substr(0, tag.find('.'));
    if (names.empty() || names.back() != name) names.push_back(name);
  }
  return names;
}

TEST(Golden, ModelTextIsTheReferences) {
  for (const auto& [folder, prefix] : golden_samples()) {
    const GoldenSample sample = read_golden_sample(folder, prefix);
    const PredictedAtoms atoms = predicted_atoms(sample.prediction, 0, sample.layout, prefix);
    const std::string job = prefix.substr(0, prefix.find("_seed"));
    const std::string ours =
        model_cif(sample.layout, atoms, *chem::Ccd::embedded(),
                  {.name = job, .time = "", .model_identifier = "", .has_terms_file = true, .terms_url = ""});
    const auto expected = categories(sample.model), written = categories(ours);
    for (const auto& [name, text] : expected) {
      ASSERT_TRUE(written.contains(name)) << prefix << ": " << name;
      EXPECT_EQ(written.at(name), text) << prefix;
    }
    EXPECT_EQ(written.size(), expected.size());
    std::string golden = sample.model;
    std::replace(golden.begin(), golden.end(), '\0', ' ');
    EXPECT_EQ(category_order(ours), category_order(golden));
  }
}

TEST(Golden, FullConfidencesAreTheReferencesBytes) {
  for (const auto& [folder, prefix] : golden_samples()) {
    const GoldenSample sample = read_golden_sample(folder, prefix);
    const PredictedAtoms atoms = predicted_atoms(sample.prediction, 0, sample.layout, prefix);
    EXPECT_EQ(confidences_json(sample.layout, atoms.plddts, sample.prediction.contact_probs.values(),
                               sample.prediction.full_pae.values()),
              sample.confidences_text)
        << prefix;
  }
}

TEST(Golden, SummaryIsTheReferencesBytes) {
  const auto numbers = [](const nlohmann::json& values) {
    std::vector<double> list;
    for (const auto& value : values) list.push_back(value.is_null() ? std::nan("") : value.get<double>());
    return list;
  };
  for (const auto& [folder, prefix] : golden_samples()) {
    const GoldenSample sample = read_golden_sample(folder, prefix);
    const nlohmann::json& summary = sample.summary;
    const PredictedAtoms atoms = predicted_atoms(sample.prediction, 0, sample.layout, prefix);
    Confidences found;
    found.ptm = summary["ptm"];
    found.iptm = numbers(nlohmann::json::array({summary["iptm"]})).front();
    for (const auto& row : summary["chain_pair_iptm"]) found.chain_pair_iptm.push_back(numbers(row));
    for (const auto& row : summary["chain_pair_pae_min"]) found.chain_pair_pae_min.push_back(numbers(row));
    found.chain_ptm = numbers(summary["chain_ptm"]);
    found.chain_iptm = numbers(summary["chain_iptm"]);
    found.has_clash = has_clash(sample.layout, atoms);
    found.fraction_disordered = fraction_disordered(sample.layout, atoms);
    found.ranking_score = summary["ranking_score"];
    EXPECT_EQ(summary_confidences_json(found, sample.layout), sample.summary_text) << prefix;
  }
}

}  // namespace
}  // namespace pleat::output
