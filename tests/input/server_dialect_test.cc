// The alphafoldserver dialect: specs/outputs.md 5.2.
#include <gmock/gmock.h>

#include "tests/input/support.h"

namespace pleat::test {
namespace {

using nlohmann::json;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

json server_job() {
  return json::parse(R"({"name": "s", "modelSeeds": ["7"], "sequences": [
    {"proteinChain": {"sequence": "MKSTY", "count": 2, "useStructureTemplate": false,
                      "modifications": [{"ptmType": "CCD_SEP", "ptmPosition": 3}]}},
    {"rnaSequence": {"sequence": "ACGU", "modifications": [{"modificationType": "CCD_5MC", "basePosition": 2}]}},
    {"dnaSequence": {"sequence": "ACGT"}},
    {"ligand": {"ligand": "CCD_ATP", "count": 25}},
    {"ion": {"ion": "MG"}}]})");
}

TEST_F(InputTest, ServerJobsAreRead) {
  json second = server_job();
  second["dialect"] = "alphafoldserver";
  second["version"] = 1;
  second.erase("modelSeeds");
  const auto jobs = read(json::array({server_job(), second}).dump());
  ASSERT_EQ(jobs.size(), 2u);
  EXPECT_THAT(jobs[0].seeds, ElementsAre(7u));
  EXPECT_EQ(jobs[1].seeds.size(), 1u);
  const auto& chains = jobs[0].chains;
  ASSERT_EQ(chains.size(), 30u);
  const auto& protein = std::get<ProteinChain>(chains[1]);
  EXPECT_EQ(protein.id, "B");
  EXPECT_THAT(protein.modifications, ElementsAre(Modification{"SEP", 3}));
  EXPECT_FALSE(protein.unpaired_msa);
  EXPECT_TRUE(protein.templates && protein.templates->empty());
  EXPECT_THAT(std::get<RnaChain>(chains[2]).modifications, ElementsAre(Modification{"5MC", 2}));
  EXPECT_THAT(std::get<Ligand>(chains[4]).ccd_codes, ElementsAre("ATP"));
  EXPECT_EQ(chain_id(chains[25]), "Z");
  EXPECT_EQ(chain_id(chains[26]), "AA");
  EXPECT_EQ(chain_id(chains[27]), "BA");
  EXPECT_THAT(std::get<Ligand>(chains[29]).ccd_codes, ElementsAre("MG"));
}

TEST_F(InputTest, ServerJobsAreRefused) {
  const auto refused = [&](const std::string& pointer, const json& value) {
    json job = server_job();
    job[json::json_pointer(pointer)] = value;
    return refusal(json::array({server_job(), job}).dump());
  };
  EXPECT_EQ(refused("/dialect", "alphafoldserver").place, "$[1]");
  EXPECT_THAT(refused("/dialect", "alphafoldserver").message, HasSubstr("'version' is missing"));
  EXPECT_EQ(refused("/bondedAtomPairs", 1).place, "$[1]");
  EXPECT_EQ(refused("/sequences/0/proteinChain/glycans", json::array()).place,
            "$[1].sequences[0].proteinChain.glycans");
  EXPECT_THAT(refused("/sequences/0/proteinChain/maxTemplateDate", "x").message,
              HasSubstr("--max_template_date"));
  EXPECT_EQ(refused("/sequences/3/ligand/count", -1).place, "$[1].sequences[3].ligand.count");
  EXPECT_THAT(refused("/sequences/3", {{"protein", 1}}).message, HasSubstr("unknown key 'protein'"));
}

}  // namespace
}  // namespace pleat::test
