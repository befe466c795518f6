// The alphafoldserver dialect: docs/specs/outputs.md, section 5.2.
#include <gmock/gmock.h>

#include "tests/input/support.h"

namespace pleat::input {
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

TEST_F(InputTest, JobsOfBothDialectsShareAList) {
  const json local = json::parse(R"({"name": "l", "modelSeeds": [1], "dialect": "alphafold3", "version": 4,
    "sequences": [{"ligand": {"id": "L", "ccdCodes": ["ATP"]}}]})");
  const auto jobs = read(json::array({local, server_job(), local}).dump());
  ASSERT_EQ(jobs.size(), 3u);
  EXPECT_EQ(chain_id(jobs[0].chains.at(0)), "L");
  EXPECT_EQ(chain_id(jobs[1].chains.at(0)), "A");
  EXPECT_EQ(jobs[2].name, "l");
}

TEST_F(InputTest, GlycansBecomeLigandsBehindAllChains) {
  json job = server_job();
  job["sequences"][0]["proteinChain"] = {
      {"sequence", "MNSTY"}, {"count", 2}, {"maxTemplateDate", "2018-01-20"}};
  job["sequences"][0]["proteinChain"]["glycans"] = {
      {{"residues", "NAG(NAG(BMA(MAN)(MAN)))(FUC)"}, {"position", 2}}};
  job["sequences"].erase(3);
  const auto jobs = read(json::array({job}).dump());
  ASSERT_EQ(jobs[0].chains.size(), 7u);  // A, B, C: RNA, D: DNA, E: MG, F, G
  EXPECT_EQ(std::get<ProteinChain>(jobs[0].chains[0]).max_template_date, "2018-01-20");
  const auto& glycan = std::get<Ligand>(jobs[0].chains[5]);
  EXPECT_EQ(glycan.id, "F");
  EXPECT_THAT(glycan.ccd_codes, ElementsAre("NAG", "NAG", "BMA", "MAN", "MAN", "FUC"));
  ASSERT_EQ(jobs[0].bonded_atom_pairs.size(), 12u);
  const auto bond = [&](size_t i) {
    const auto& [from, to] = jobs[0].bonded_atom_pairs[i];
    return from.chain_id + std::to_string(from.residue) + from.atom + "-" + to.chain_id +
           std::to_string(to.residue) + to.atom;
  };
  EXPECT_EQ(bond(0), "A2ND2-F1C1");
  EXPECT_EQ(bond(1), "F1O4-F2C1");
  EXPECT_EQ(bond(2), "F2O4-F3C1");
  EXPECT_EQ(bond(3), "F3O3-F4C1");
  EXPECT_EQ(bond(4), "F3O6-F5C1");
  EXPECT_EQ(bond(5), "F1O6-F6C1");
  EXPECT_EQ(bond(6), "B2ND2-G1C1");
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

// A change to a valid server job that is accepted, and one that is refused at `place` with `message`.
struct ServerRule {
  std::string pointer;
  json accepted, refused;
  std::string place, message;
};

class ServerRuleTest : public InputTest, public ::testing::WithParamInterface<ServerRule> {};

TEST_P(ServerRuleTest, AcceptsAndRefuses) {
  const ServerRule& rule = GetParam();
  const auto changed = [&](const json& value) {
    json job = server_job();
    job[json::json_pointer(rule.pointer)] = value;
    return json::array({server_job(), job}).dump();
  };
  EXPECT_EQ(read(changed(rule.accepted)).size(), 2u);
  const Refusal found = refusal(changed(rule.refused));
  EXPECT_EQ(found.place, rule.place);
  EXPECT_THAT(found.message, HasSubstr(rule.message));
}

const json kWithDialect = [] {
  json job = server_job();
  job["dialect"] = "alphafoldserver";
  job["version"] = 1;
  return job;
}();

json with(json job, const std::string& key, const json& value) {
  job[key] = value;
  return job;
}

INSTANTIATE_TEST_SUITE_P(
    Rules, ServerRuleTest,
    ::testing::Values(
        ServerRule{"", kWithDialect, with(kWithDialect, "dialect", "alphafold2"), "$[1].dialect",
                   "or \"alphafold3\""},
        ServerRule{"", kWithDialect, with(kWithDialect, "version", 2), "$[1].version", "Set it to 1"},
        ServerRule{"", kWithDialect, with(server_job(), "dialect", "alphafoldserver"), "$[1]",
                   "'version' is missing"},
        ServerRule{"", kWithDialect, with(server_job(), "version", 1), "$[1]", "'dialect' is missing"},
        ServerRule{"", kWithDialect, with(server_job(), "bondedAtomPairs", 1), "$[1]",
                   "unknown key 'bondedAtomPairs'"},
        ServerRule{"", kWithDialect, 7, "$[1]", "where a job is needed"},
        ServerRule{"/name", "n", " ", "$[1].name", "blank"},
        ServerRule{"/modelSeeds", {"3"}, {-1}, "$[1].modelSeeds[0]", "as a seed"},
        ServerRule{"/modelSeeds", nullptr, 7, "$[1].modelSeeds", "where a list"},
        ServerRule{"/modelSeeds", json::array(), "7", "$[1].modelSeeds", "where a list"},
        ServerRule{"/sequences", {{{"ion", {{"ion", "MG"}}}}}, json::array(), "$[1].sequences", "no chains"},
        ServerRule{"/sequences/3",
                   {{"ligand", {{"ligand", "ATP"}}}},
                   {{"protein", 1}},
                   "$[1].sequences[3]",
                   "unknown key 'protein'"},
        ServerRule{"/sequences/3",
                   {{"ion", {{"ion", "ZN"}, {"count", 2}}}},
                   {{"ion", {{"ion", "ZN"}}}, {"ligand", {{"ligand", "ATP"}}}},
                   "$[1].sequences[3]",
                   "found 2 entities"},
        ServerRule{"/sequences/3",
                   {{"ion", {{"ion", "ZN"}}}},
                   {{"ion", {{"ligand", "ZN"}}}},
                   "$[1].sequences[3].ion",
                   "unknown key 'ligand'"},
        ServerRule{"/sequences/3",
                   {{"ligand", {{"ligand", "CCD_ATP"}}}},
                   {{"ligand", {{"ligand", "CCD_"}}}},
                   "$[1].sequences[3].ligand.ligand",
                   "empty"},
        ServerRule{"/sequences/3/ligand/count", 3, -1, "$[1].sequences[3].ligand.count", "found -1 copies"},
        ServerRule{"/sequences/0/proteinChain/count", 1, 1.5, "$[1].sequences[0].proteinChain.count",
                   "an integer"},
        ServerRule{"/sequences/0/proteinChain/sequence", "MKSTYA", "MK T",
                   "$[1].sequences[0].proteinChain.sequence", "at position 3"},
        ServerRule{"/sequences/0/proteinChain/useStructureTemplate", true, 1,
                   "$[1].sequences[0].proteinChain.useStructureTemplate", "true or false"},
        ServerRule{"/sequences/0/proteinChain/modifications/0/ptmPosition", 1, 99,
                   "$[1].sequences[0].proteinChain.modifications[0].ptmPosition", "outside the sequence"},
        ServerRule{"/sequences/0/proteinChain/modifications/0/ptmType", "SEP", 5,
                   "$[1].sequences[0].proteinChain.modifications[0].ptmType", "where a string"},
        ServerRule{"/sequences/1/rnaSequence/modifications/0/basePosition", 1, 0,
                   "$[1].sequences[1].rnaSequence.modifications[0].basePosition", "outside the sequence"}),
    [](const auto& info) { return "Case" + std::to_string(info.index); });

TEST_F(InputTest, AnElementOfTheOtherDialectIsToldOnce) {
  json job = server_job();
  job["sequences"] = {{{"protein", {{"id", "A"}, {"sequence", "MKSTY"}}}}};
  EXPECT_THAT(complaints(json::array({job})),
              ElementsAre(HasSubstr("$[0].sequences[0]: unknown key 'protein'")));
}

TEST_F(InputTest, GlycansDatesAndKeysThatAreWrong) {
  const auto refused = [&](const std::string& pointer, const json& value) {
    json job = server_job();
    job[json::json_pointer(pointer)] = value;
    return refusal(json::array({server_job(), job}).dump());
  };
  const auto glycan = [&](const std::string& residues, int position) {
    return refused("/sequences/0/proteinChain/glycans", {{{"residues", residues}, {"position", position}}});
  };
  const std::string place = "$[1].sequences[0].proteinChain.glycans[0].";
  for (const std::string text : {"", "nag", "NAG(", "NAG()", "NAG)", "NAG(NAG", "(NAG)", "NAG(NAG)NAG",
                                 "NAG(NAG)(NAG)(NAG)(NAG)(NAG)"}) {
    EXPECT_EQ(glycan(text, 3).place, place + "residues") << text;
    EXPECT_THAT(glycan(text, 3).message, HasSubstr("the glycan '" + text + "' can't be read"));
  }
  EXPECT_EQ(glycan("NAG", 1).place, place + "position");
  EXPECT_THAT(glycan("NAG", 1).message, HasSubstr("the residue there is M, which carries no glycan"));
  EXPECT_THAT(glycan("NAG", 6).message, HasSubstr("outside the sequence"));
  for (const std::string date : {"x", "2018-1-20", "2018-02-30", "20180120"})
    EXPECT_EQ(refused("/sequences/0/proteinChain/maxTemplateDate", date).place,
              "$[1].sequences[0].proteinChain.maxTemplateDate");
  EXPECT_EQ(refused("/sequences/2/dnaSequence/id", "A").place, "$[1].sequences[2].dnaSequence");
}

// The job's copies are counted before they are made.
TEST_F(InputTest, ServerCopiesBeyondAnyNetworkAreRefused) {
  const auto found = [&](int first, int second) {
    const json chain = {{"sequence", std::string(5000, 'M')}, {"count", first}};
    const json other = {{"sequence", "MKSTY"}, {"count", second}};
    return complaints(json::array({{{"name", "s"},
                                    {"modelSeeds", {1}},
                                    {"sequences", {{{"proteinChain", chain}}, {{"proteinChain", other}}}}}}));
  };
  EXPECT_TRUE(found(9, 1000).empty());
  EXPECT_THAT(found(10000, 1),
              ElementsAre("$[0].sequences[0].proteinChain.count: with a count of 10000 the job has "
                          "50000000 residues. Give at most 50000 residues, counting all copies."));
  EXPECT_THAT(found(9, 1001),
              ElementsAre(HasSubstr("$[0].sequences[1].proteinChain.count: with a count of 1001")));
  EXPECT_THAT(
      found(1, -1),
      ElementsAre("$[0].sequences[1].proteinChain.count: found -1 copies. Give a count from 0 to 10000."));
}

}  // namespace
}  // namespace pleat::input
