// Number formats at their edges, and the layout of both confidence files.
#include "output/json_files.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "tests/output/samples.h"

namespace pleat::output {
namespace {

const float kNan = std::numeric_limits<float>::quiet_NaN();

featurise::StructureLayout one_residue(size_t atoms) {
  featurise::StructureLayout layout;
  add_chain(layout, "A", chem::ChainType::protein, "polypeptide(L)",
            {{"GLY", std::vector<std::string>(atoms, "CA")}});
  return layout;
}

std::string plddts(const std::vector<float>& values) {
  const std::string text =
      confidences_json(one_residue(values.size()), values, std::vector<float>{0}, std::vector<float>{0});
  const size_t start = text.find("\"atom_plddts\": ") + 15;
  return text.substr(start, text.find(",\n", start) - start);
}

TEST(ConfidencesJson, PlddtHasTwoDecimalsAndLosesOneZero) {
  EXPECT_EQ(plddts({87.5f, 90.0f, 87.534f, 5.0f, 0.0f, 10.01f}), "[87.5,90.0,87.53,5.0,0.0,10.01]");
  EXPECT_EQ(plddts({99.994f, 99.995f, 100.0f, kNan}), "[99.99,99.99,99.99,null]");
  EXPECT_EQ(plddts({0.0049f, 0.005f, 0.0051f, 9.995f, 9.994f}), "[0.0,0.01,0.01,10.0,9.99]");
  EXPECT_EQ(plddts({0.125f, 0.375f}), "[0.13,0.38]");  // halves away from zero
}

TEST(ConfidencesJson, PaeAndContactsHaveTheirOwnForms) {
  featurise::StructureLayout layout;
  add_chain(layout, "A", chem::ChainType::protein, "polypeptide(L)", {{"GLY", {"CA"}}, {"ALA", {"N"}}});
  add_chain(layout, "BC", chem::ChainType::ligand, "non-polymer", {{"ZN", {"ZN"}}});
  const std::vector<float> contacts = {1.0f, 0.15f, 0.1f, 0.005f, 0.0049f, kNan, -0.5f, 1.5f, 0.996f};
  const std::vector<float> pae = {0.0f, 0.25f, 31.75f, 9.96f, 99.94f, 120.0f, kNan, 10.04f, 0.05f};
  EXPECT_EQ(confidences_json(layout, std::vector<float>{1, 2, 3}, contacts, pae),
            "{\n"
            "  \"atom_chain_ids\": [\"A\",\"A\",\"BC\"],\n"
            "  \"atom_plddts\": [1.0,2.0,3.0],\n"
            "  \"contact_probs\": [[1.0,0.15,0.1],[0.01,0.0,null],[0.0,1.0,1.0]],\n"
            "  \"pae\": [[0.0,0.3,31.8],[10.0,99.9,99.9],[null,10.0,0.1]],\n"
            "  \"token_chain_ids\": [\"A\",\"A\",\"BC\"],\n"
            "  \"token_res_ids\": [1,2,1]\n"
            "}");
}

TEST(SummaryJson, RoundsHalfToEvenAndNamesChainsByToken) {
  featurise::StructureLayout layout;
  add_chain(layout, "A", chem::ChainType::protein, "polypeptide(L)", {{"GLY", {"CA"}}, {"ALA", {"N"}}});
  Confidences confidences;
  confidences.ptm = 0.125;
  confidences.iptm = std::nan("");
  confidences.chain_pair_iptm = {{0.375}};
  confidences.chain_pair_pae_min = {{12.999}};
  confidences.chain_ptm = {0.375};
  confidences.chain_iptm = {std::nan("")};
  confidences.fraction_disordered = 1;
  confidences.has_clash = true;
  confidences.ranking_score = -99.375;
  EXPECT_EQ(summary_confidences_json(confidences, layout),
            "{\n \"chain_ids\": [\n  \"A\",\n  \"A\"\n ],\n"
            " \"chain_iptm\": [\n  null\n ],\n"
            " \"chain_pair_iptm\": [\n  [\n   0.38\n  ]\n ],\n"
            " \"chain_pair_pae_min\": [\n  [\n   13.0\n  ]\n ],\n"
            " \"chain_ptm\": [\n  0.38\n ],\n"
            " \"fraction_disordered\": 1.0,\n \"has_clash\": 1.0,\n \"iptm\": null,\n \"ptm\": 0.12,\n"
            " \"ranking_score\": -99.38\n}");
}

}  // namespace
}  // namespace pleat::output
