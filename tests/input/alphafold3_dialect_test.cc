// Every rule of docs/specs/outputs.md, section 5.1: what is accepted, what is refused, and where the refusal
// points.
#include <gmock/gmock.h>

#include "tests/input/support.h"

namespace pleat::input {
namespace {

using nlohmann::json;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST_F(InputTest, ReadsEveryField) {
  const FoldInput job = read_one(full_job());
  EXPECT_EQ(job.name, "a job");
  EXPECT_EQ(job.sanitised_name(), "a_job");
  EXPECT_THAT(job.seeds, ElementsAre(1u, 4294967295u));
  ASSERT_EQ(job.chains.size(), 6u);
  const auto& second = std::get<ProteinChain>(job.chains[1]);
  EXPECT_EQ(second.id, "B");
  EXPECT_EQ(second.sequence, "MKSTY");
  EXPECT_EQ(second.description, "first");
  EXPECT_THAT(second.modifications, ElementsAre(Modification{"SEP", 3}));
  EXPECT_EQ(second.unpaired_msa, ">query\nMKSTY\n");
  EXPECT_EQ(second.paired_msa, "");
  ASSERT_EQ(second.templates->size(), 1u);
  EXPECT_THAT(second.templates->front().query_indices, ElementsAre(0, 2));
  EXPECT_THAT(second.templates->front().template_indices, ElementsAre(4, 5));
  EXPECT_THAT(std::get<RnaChain>(job.chains[2]).modifications, ElementsAre(Modification{"5MC", 2}));
  EXPECT_THAT(std::get<DnaChain>(job.chains[3]).modifications, ElementsAre(Modification{"5CM", 4}));
  EXPECT_THAT(std::get<Ligand>(job.chains[4]).ccd_codes, ElementsAre("NAG", "BMA"));
  EXPECT_EQ(std::get<Ligand>(job.chains[5]).smiles, "CCO");
  EXPECT_EQ(job.bonded_atom_pairs[1], (Bond{{"G", 1, "O4"}, {"G", 2, "C1"}}));
  EXPECT_FALSE(job.user_ccd);
}

TEST_F(InputTest, NullAndEmptyDiffer) {
  json job = full_job();
  json& protein = job["sequences"][0]["protein"];
  protein["unpairedMsa"] = nullptr;
  protein.erase("pairedMsa");
  protein["templates"] = nullptr;
  const auto searched = std::get<ProteinChain>(read_one(job).chains[0]);
  EXPECT_FALSE(searched.unpaired_msa);
  EXPECT_FALSE(searched.paired_msa);
  EXPECT_FALSE(searched.templates);
  protein["unpairedMsa"] = "";
  protein["templates"] = json::array();
  const auto given = std::get<ProteinChain>(read_one(job).chains[0]);
  EXPECT_EQ(given.unpaired_msa, "");
  EXPECT_TRUE(given.templates && given.templates->empty());
}

// A change to full_job() that stays valid.
struct Accepted {
  std::string pointer;
  json value;
};

class AcceptedTest : public InputTest, public ::testing::WithParamInterface<Accepted> {};

TEST_P(AcceptedTest, IsRead) {
  json job = full_job();
  job[json::json_pointer(GetParam().pointer)] = GetParam().value;
  EXPECT_NO_THROW(read_one(job)) << GetParam().pointer;
}

INSTANTIATE_TEST_SUITE_P(
    Rules, AcceptedTest,
    ::testing::Values(
        Accepted{"/version", 1}, Accepted{"/version", 2}, Accepted{"/version", 3},
        Accepted{"/modelSeeds", {0}}, Accepted{"/modelSeeds", {"17", " 5\n", "+7", "007", 3.7, -0.5, true}},
        Accepted{"/bondedAtomPairs", nullptr}, Accepted{"/bondedAtomPairs", json::array()},
        Accepted{"/userCCD", nullptr},
        // A reversed duplicate is another bond.
        Accepted{"/bondedAtomPairs/1", {{"G", 1, "C1"}, {"A", 1, "ND2"}}},
        Accepted{"/sequences/0/protein/sequence", "mkXBZ"}, Accepted{"/sequences/0/protein/id/1", "AB"},
        Accepted{"/sequences/0/protein/unpairedMsaPath", ""},
        Accepted{"/sequences/0/protein/unpairedMsaPath", nullptr},
        Accepted{"/sequences/0/protein/description", nullptr},
        Accepted{"/sequences/0/protein/templates/0",
                 {{"mmcif", "data_X"}, {"queryIndices", json::array()}, {"templateIndices", nullptr}}},
        Accepted{"/sequences/3/ligand/smiles", nullptr}, Accepted{"/sequences/3/ligand/smiles", ""}),
    [](const auto& info) { return "Case" + std::to_string(info.index); });

// A change to full_job() that is refused at `place` with a message that holds `message`. kErase takes the key
// away.
struct Refused {
  std::string pointer;
  json value;
  std::string place, message;
};

class RefusedTest : public InputTest, public ::testing::WithParamInterface<Refused> {};

const json kErase = "(erase)";

TEST_P(RefusedTest, SaysWhereAndWhat) {
  json job = full_job();
  const json::json_pointer pointer(GetParam().pointer);
  if (GetParam().value == kErase) {
    job[pointer.parent_pointer()].erase(pointer.back());
  } else {
    job[pointer] = GetParam().value;
  }
  const Refusal found = refusal(job.dump());
  EXPECT_EQ(found.place, GetParam().place) << found.message;
  EXPECT_THAT(found.message, HasSubstr(GetParam().message));
}

std::string case_name(const ::testing::TestParamInfo<Refused>& info) {
  return "Case" + std::to_string(info.index);
}

INSTANTIATE_TEST_SUITE_P(
    Job, RefusedTest,
    ::testing::Values(Refused{"/bondedAtomPair", 1, "$",
                              "unknown key 'bondedAtomPair'. Did you mean 'bondedAtomPairs'?"},
                      Refused{"/zzzzzzzzzzzz", 1, "$", "Known keys are dialect, version"},
                      Refused{"/dialect", kErase, "$", "go in a list"},
                      Refused{"/dialect", "alphafoldserver", "$.dialect", "found \"alphafoldserver\""},
                      Refused{"/version", kErase, "$", R"(Add "version": 4)"},
                      Refused{"/version", 5, "$.version", "found the number 5"},
                      Refused{"/version", "4", "$.version", "found \"4\""},
                      Refused{"/name", kErase, "$", "the key 'name' is missing"},
                      Refused{"/name", "  ", "$.name", "blank"},
                      Refused{"/name", "\u00e9\u00e9", "$.name", "cannot make a file name from"},
                      Refused{"/name", "..", "$.name", "cannot make a file name from"},
                      Refused{"/name", 3, "$.name", "found the number 3 where a string is needed"},
                      Refused{"/modelSeeds", kErase, "$", "'modelSeeds' is missing"},
                      Refused{"/modelSeeds", json::array(), "$.modelSeeds", "empty"},
                      Refused{"/modelSeeds", 7, "$.modelSeeds", "where a list is needed. Give the seeds"},
                      Refused{"/modelSeeds/1", 4294967296, "$.modelSeeds[1]", "found the number 4294967296"},
                      Refused{"/modelSeeds/0", -1, "$.modelSeeds[0]", "from 0 to 4294967295"},
                      Refused{"/modelSeeds/0", 1e300, "$.modelSeeds[0]", "as a seed"},
                      Refused{"/modelSeeds/0", "x1", "$.modelSeeds[0]", "as a seed"},
                      Refused{"/modelSeeds/0", "1.5", "$.modelSeeds[0]", "as a seed"},
                      Refused{"/modelSeeds/0", "", "$.modelSeeds[0]", "as a seed"},
                      Refused{"/modelSeeds/0", nullptr, "$.modelSeeds[0]", "found null as a seed"},
                      Refused{"/modelSeeds/0", {1}, "$.modelSeeds[0]", "found a list of 1 as a seed"},
                      Refused{"/modelSeeds", nullptr, "$.modelSeeds", "found null where a list"},
                      Refused{"/sequences", nullptr, "$.sequences", "found null where a list"},
                      Refused{"/sequences", kErase, "$", "'sequences' is missing"},
                      Refused{"/sequences", json::array(), "$.sequences", "no chains"},
                      Refused{"/sequences/1", json::object(), "$.sequences[1]", "found 0 entities"},
                      Refused{"/sequences/1", {{"rna", 1}, {"dna", 2}}, "$.sequences[1]", "found 2 entities"},
                      Refused{"/sequences/1", {{"proteins", 1}}, "$.sequences[1]", "Did you mean 'protein'?"},
                      Refused{"/sequences/1",
                              {{"id", "A"}, {"sequence", "MK"}},
                              "$.sequences[1]",
                              R"(Write {"protein": {"id")"},
                      Refused{"/sequences/1", 3, "$.sequences[1]", "where an object is needed"}),
    case_name);

INSTANTIATE_TEST_SUITE_P(
    Chains, RefusedTest,
    ::testing::Values(
        Refused{"/sequences/0/protein/unpairedMSA", "", "$.sequences[0].protein",
                "Did you mean 'unpairedMsa'?"},
        Refused{"/sequences/0/protein/id", kErase, "$.sequences[0].protein", "'id' is missing"},
        Refused{"/sequences/0/protein/id", "", "$.sequences[0].protein.id", "as a chain id"},
        Refused{"/sequences/0/protein/id", json::array(), "$.sequences[0].protein.id", "empty"},
        Refused{"/sequences/0/protein/id", "a", "$.sequences[0].protein.id", "found \"a\" as a chain id"},
        Refused{"/sequences/0/protein/id/1", "B1", "$.sequences[0].protein.id[1]", "capital letters A to Z"},
        Refused{"/sequences/0/protein/id/1", "A", "$.sequences[0].protein.id[1]", "the id 'A' is used twice"},
        Refused{"/sequences/1/rna/id", "B", "$.sequences[1].rna.id", "first in $.sequences[0].protein.id[1]"},
        Refused{"/sequences/0/protein/sequence", kErase, "$.sequences[0].protein", "'sequence' is missing"},
        Refused{"/sequences/0/protein/sequence", "", "$.sequences[0].protein.sequence", "empty"},
        Refused{"/sequences/0/protein/sequence", "MK-TY", "$.sequences[0].protein.sequence",
                "\"-\" at position 3"},
        Refused{"/sequences/1/rna/sequence", "AC\u00e9", "$.sequences[1].rna.sequence",
                "\"\u00e9\" at position 3"},
        Refused{"/sequences/2/dna/sequence", 4, "$.sequences[2].dna.sequence", "found the number 4"},
        Refused{"/sequences/0/protein/modifications", nullptr, "$.sequences[0].protein.modifications",
                "found null"},
        Refused{"/sequences/0/protein/modifications/0/ptmPosition", 6,
                "$.sequences[0].protein.modifications[0].ptmPosition",
                "position 6 is outside the sequence of 5"},
        Refused{"/sequences/0/protein/modifications/0/ptmPosition", 0,
                "$.sequences[0].protein.modifications[0].ptmPosition", "Give a position from 1 to 5"},
        Refused{"/sequences/0/protein/modifications/0/ptmPosition", 1.5,
                "$.sequences[0].protein.modifications[0].ptmPosition", "where an integer is needed"},
        Refused{"/sequences/0/protein/modifications/0/ptmPosition", 18446744073709551615u,
                "$.sequences[0].protein.modifications[0].ptmPosition", "where an integer is needed"},
        Refused{"/sequences/0/protein/modifications/0/ptmType", "CCD_SEP",
                "$.sequences[0].protein.modifications[0].ptmType", "prefix 'CCD_'"},
        Refused{"/sequences/0/protein/modifications/0/ptmTyp", "SEP",
                "$.sequences[0].protein.modifications[0]", "Did you mean 'ptmType'?"},
        Refused{"/sequences/1/rna/modifications/0/modificationType", "CCD_5MC",
                "$.sequences[1].rna.modifications[0].modificationType", "prefix 'CCD_'"},
        Refused{"/sequences/1/rna/modifications/0/basePosition", 5,
                "$.sequences[1].rna.modifications[0].basePosition", "outside the sequence of 4"},
        Refused{"/sequences/2/dna/modifications/0/modificationType", kErase,
                "$.sequences[2].dna.modifications[0]", "'modificationType' is missing"},
        Refused{"/sequences/2/dna/unpairedMsa", "", "$.sequences[2].dna", "unknown key 'unpairedMsa'"},
        Refused{"/sequences/1/rna/pairedMsa", "", "$.sequences[1].rna", "Did you mean 'unpairedMsa'?"},
        Refused{"/sequences/0/protein/unpairedMsa", 3, "$.sequences[0].protein.unpairedMsa",
                "where a string is needed"},
        Refused{"/sequences/3/ligand/ccdCodes", "NAG", "$.sequences[3].ligand.ccdCodes", "list of codes"},
        Refused{"/sequences/3/ligand/ccdCodes", json::array(), "$.sequences[3].ligand.ccdCodes", "empty"},
        Refused{"/sequences/3/ligand/ccdCodes/0", 5, "$.sequences[3].ligand.ccdCodes[0]", "where a string"},
        Refused{"/sequences/3/ligand/smiles", "CC", "$.sequences[3].ligand", "both ccdCodes and smiles"},
        Refused{"/sequences/3/ligand/ccdCodes", nullptr, "$.sequences[3].ligand.ccdCodes", "found null"},
        Refused{"/sequences/3/ligand/ccdCodes/1", "", "$.sequences[3].ligand.ccdCodes[1]", "code is empty"},
        Refused{"/sequences/4/ligand/smiles", 6, "$.sequences[4].ligand.smiles", "where a string"},
        Refused{"/sequences/4/ligand/smiles", "", "$.sequences[4].ligand", "neither ccdCodes nor smiles"},
        Refused{"/sequences/4/ligand/smiles", kErase, "$.sequences[4].ligand", "neither ccdCodes nor smiles"},
        Refused{"/sequences/4/ligand/ccdCode", "C", "$.sequences[4].ligand", "Did you mean 'ccdCodes'?"}),
    case_name);

INSTANTIATE_TEST_SUITE_P(
    Templates, RefusedTest,
    ::testing::Values(Refused{"/sequences/0/protein/templates", "x", "$.sequences[0].protein.templates",
                              "where a list"},
                      Refused{"/sequences/0/protein/templates/0/mmcif", "",
                              "$.sequences[0].protein.templates[0]", "no mmCIF text"},
                      Refused{"/sequences/0/protein/templates/0/mmCIF", "",
                              "$.sequences[0].protein.templates[0]", "Did you mean 'mmcif'?"},
                      Refused{"/sequences/0/protein/templates/0/queryIndices",
                              {1},
                              "$.sequences[0].protein.templates[0]",
                              "found 1 queryIndices and 2 templateIndices"},
                      Refused{"/sequences/0/protein/templates/0/queryIndices", kErase,
                              "$.sequences[0].protein.templates[0]", "'queryIndices' is missing"},
                      Refused{"/sequences/0/protein/templates/0/templateIndices", nullptr,
                              "$.sequences[0].protein.templates[0]", "found 2 queryIndices and 0"},
                      Refused{"/sequences/0/protein/templates/0/queryIndices/1", 5,
                              "$.sequences[0].protein.templates[0].queryIndices[1]", "index 5 is outside"},
                      Refused{"/sequences/0/protein/templates/0/templateIndices/0", -1,
                              "$.sequences[0].protein.templates[0].templateIndices[0]", "index -1"}),
    case_name);

INSTANTIATE_TEST_SUITE_P(
    Bonds, RefusedTest,
    ::testing::Values(
        Refused{"/bondedAtomPairs", 3, "$.bondedAtomPairs", "where a list"},
        Refused{"/bondedAtomPairs/0/2", {"A", 1, "N"}, "$.bondedAtomPairs[0]", "found a bond of 3 atoms"},
        Refused{"/bondedAtomPairs/0/0", {"A", 1}, "$.bondedAtomPairs[0][0]", "where an atom is needed"},
        Refused{"/bondedAtomPairs/0/0/0", "Z", "$.bondedAtomPairs[0][0][0]", "no chain has the id 'Z'"},
        Refused{"/bondedAtomPairs/0/0/1", 6, "$.bondedAtomPairs[0][0][1]", "Give a residue from 1 to 5"},
        Refused{"/bondedAtomPairs/1/1/1", 3, "$.bondedAtomPairs[1][1][1]", "Give a residue from 1 to 2"},
        Refused{"/bondedAtomPairs/0/0/1", "1", "$.bondedAtomPairs[0][0][1]", "where an integer"},
        Refused{"/bondedAtomPairs/0/0/2", 7, "$.bondedAtomPairs[0][0][2]", "where a string"},
        Refused{"/bondedAtomPairs/0/1", {"L", 1, "C1"}, "$.bondedAtomPairs[0][1][0]", "is a SMILES ligand"},
        Refused{"/bondedAtomPairs/1",
                {{"A", 1, "ND2"}, {"G", 1, "C1"}},
                "$.bondedAtomPairs[1]",
                "repeats $.bondedAtomPairs[0]"}),
    case_name);

// Each has the key that was most likely meant.
TEST_F(InputTest, EveryUnknownKeyIsReported) {
  json job = full_job();
  job["zeta"] = 1;
  job["alpha"] = 1;
  job["nane"] = 1;
  EXPECT_THAT(complaints(job), ElementsAre(HasSubstr("$: unknown key 'alpha'. Known keys are dialect"),
                                           "$: unknown key 'nane'. Did you mean 'name'?",
                                           HasSubstr("$: unknown key 'zeta'. Known keys are dialect")));
}

TEST_F(InputTest, LastOfRepeatedKeysAndOfRepeatedQueryIndicesCounts) {
  json job = full_job();
  json& indices = job["sequences"][0]["protein"]["templates"][0];
  indices["queryIndices"] = {1, 0, 1};
  indices["templateIndices"] = {7, 8, 9};
  std::string text = job.dump();
  text.insert(1, R"("name": "earlier", )");
  const FoldInput read_back = read(text).at(0);
  EXPECT_EQ(read_back.name, "a job");
  const Template& t = std::get<ProteinChain>(read_back.chains[0]).templates->at(0);
  EXPECT_THAT(t.query_indices, ElementsAre(1, 0));
  EXPECT_THAT(t.template_indices, ElementsAre(9, 8));
}

TEST_F(InputTest, FaultySyntaxIsPlacedByLineAndColumn) {
  EXPECT_EQ(refusal("{\n  \"name\": tru\n}").place, "line 2, column 14");
  EXPECT_EQ(refusal("").place, "line 1, column 1");
  EXPECT_THAT(refusal("{\"a\": 1e999}").message, HasSubstr("number overflow"));
  EXPECT_EQ(refusal("{\"a\": 1e999}").place, "line 1, column 11");
  EXPECT_EQ(refusal("{\"name\": \"\xff\"}").place, "line 1, column 11");
  EXPECT_THAT(refusal("{\"name\": \"\xff\"}").message, HasSubstr("UTF-8"));
  EXPECT_EQ(refusal("3").place, "$");
  EXPECT_THAT(refusal("{\"a\": NaN}").message, HasSubstr("line 1, column 7"));
  EXPECT_THAT(refusal("{\"a\": -Infinity}").message, HasSubstr("valid JSON"));
  EXPECT_THAT(refusal("\xff\xfe{").message, HasSubstr("the file is UTF-16"));
  EXPECT_THAT(refusal(">a\nMK\n").message, HasSubstr("the file is FASTA, which --fasta_path reads"));
  EXPECT_THAT(refusal("\n").message, HasSubstr("the file is empty"));
}

TEST_F(InputTest, AByteOrderMarkIsPassedOver) {
  EXPECT_EQ(read("\xef\xbb\xbf" + full_job().dump()).at(0).name, "a job");
}

TEST_F(InputTest, DeepNestingIsRefusedNotCrashed) {
  const std::string open(1000000, '[');
  const std::string close(1000000, ']');
  EXPECT_THAT(refusal("{\"dialect\": " + open + close + "}").message, HasSubstr("found a list of 1"));
  EXPECT_THAT(refusal(open).place, HasSubstr("line 1"));
}

// Every problem of a job is reported, in the order of the document, and none that follows from another.
TEST_F(InputTest, AllProblemsAreFound) {
  json job = full_job();
  job["version"] = 9;
  job["modelSeeds"] = {1, -1, "x"};
  job["sequences"][0]["protein"]["sequence"] = "MK-";
  job["sequences"][0]["protein"]["description"] = 3;
  job["sequences"][1]["rna"]["modifications"][0]["basePosition"] = 9;
  job["sequences"][2]["dna"]["id"] = "d";
  job["bondedAtomPairs"] = {
      {{"A", 77, "ND2"}, {"D", 1, "C1"}},  // A's length, and whether D exists, are not known
      {{"R", 5, "P"}, {"L", 1, "C1"}}};
  std::vector<std::string> places;
  for (const std::string& complaint : complaints(job))
    places.push_back(complaint.substr(0, complaint.find(": ")));
  EXPECT_THAT(places, ElementsAre("$.version", "$.modelSeeds[1]", "$.modelSeeds[2]",
                                  "$.sequences[0].protein.sequence", "$.sequences[0].protein.description",
                                  "$.sequences[1].rna.modifications[0].basePosition", "$.sequences[2].dna.id",
                                  "$.bondedAtomPairs[1][0][1]", "$.bondedAtomPairs[1][1][0]"));
}

// A chain of nothing but unknown residues would be left out; one with a modified residue is predicted.
TEST_F(InputTest, SequencesInLowerCaseAreRefusedWhereNoResidueIsModified) {
  json job = full_job();
  job["sequences"][0]["protein"]["sequence"] = "mksty";
  job["sequences"][1]["rna"]["sequence"] = "acgu";
  EXPECT_THAT(complaints(job), ElementsAre());
  job["sequences"][0]["protein"]["modifications"] = json::array();
  job["sequences"][1]["rna"].erase("modifications");
  EXPECT_THAT(complaints(job),
              ElementsAre("$.sequences[0].protein.sequence: found \"mksty\", all in lower case; "
                          "lower-case letters are unknown residues. Write the sequence in capitals.",
                          HasSubstr("$.sequences[1].rna.sequence: found \"acgu\", all in lower case")));
}

// A template's faults do not hide each other.
TEST_F(InputTest, AllProblemsOfATemplateAreFound) {
  json job = full_job();
  job["sequences"][0]["protein"]["templates"] = {
      {{"templateIndex", 1}},
      7,
      {{"mmcif", "data_X"}, {"queryIndices", {0, 5, "1"}}, {"templateIndices", {-1, 0, 0}}}};
  const std::string place = "$.sequences[0].protein.templates";
  EXPECT_THAT(complaints(job),
              ElementsAre(place + "[0]: unknown key 'templateIndex'. Did you mean 'templateIndices'?",
                          HasSubstr(place + "[0]: the template has no mmCIF text"),
                          place + "[0]: the key 'queryIndices' is missing",
                          place + "[0]: the key 'templateIndices' is missing",
                          HasSubstr(place + "[1]: found the number 7 where an object"),
                          HasSubstr(place + "[2].templateIndices[0]: index -1"),
                          HasSubstr(place + "[2].queryIndices[1]: index 5 is outside the sequence"),
                          HasSubstr(place + "[2].queryIndices[2]: found \"1\" where an integer")));
}

TEST_F(InputTest, UnreadableFilesAreProblems) {
  const auto problems = [](const fs::path& path) { return read_jobs(path, ContentChecks()).at(0).problems; };
  ASSERT_EQ(problems(folder_ / "absent.json").size(), 1u);
  EXPECT_THAT(problems(folder_ / "absent.json")[0].what(), HasSubstr("absent.json: the file can't be read"));
  EXPECT_THAT(problems(folder_).at(0).what(), HasSubstr("the path is a folder, not a file"));
  write_file(file(), "[]");
  EXPECT_THAT(problems(file()).at(0).what(), HasSubstr("the list has no jobs"));
}

// Refuses everything, with the value as the message.
class RefusingChecks : public ContentChecks {
 public:
  void check_component(const std::string& code) const override { throw Error("", code); }
  void check_smiles(const std::string& smiles) const override { throw Error("", smiles); }
  void check_atom(const Chain& chain, int residue, const std::string& name) const override {
    throw Error("", chain_id(chain) + std::to_string(residue) + name);
  }
  void check_msa(const Chain&, const std::string& a3m, bool for_templates, Findings& found) const override {
    found.problems.emplace_back("row 1", a3m);
    if (for_templates) found.warnings.emplace_back("", "templates will be searched");
  }
  std::optional<std::string> paired_sequence(const ProteinChain& chain) const override {
    return chain.sequence;
  }
  std::optional<size_t> check_template(const ProteinChain&, const std::string& mmcif) const override {
    throw Error("", mmcif);
  }
  std::unique_ptr<const ContentChecks> with_user_ccd(const std::string& cif, Findings& found) const override {
    found.problems.emplace_back("", cif);
    return nullptr;
  }
};

// What was said of a job's chains when their residues could not be read.
class UnreadChecks : public ContentChecks {
  void check_msa(const Chain& chain, const std::string& a3m, bool, Findings& found) const override {
    const bool unread = std::get<ProteinChain>(chain).sequence.empty();
    found.problems.emplace_back("", a3m + (unread ? " of unread residues" : " of known residues"));
  }
  std::optional<std::string> paired_sequence(const ProteinChain& chain) const override {
    return chain.sequence;
  }
  std::optional<size_t> check_template(const ProteinChain& chain, const std::string&) const override {
    throw Error("", chain.sequence.empty() ? "unread residues" : "known residues");
  }
};

TEST_F(InputTest, UnreadResiduesHideNoProblemsOfAlignmentsAndTemplates) {
  json job = full_job();
  job["bondedAtomPairs"] = nullptr;
  job["sequences"].erase(job["sequences"].begin() + 1, job["sequences"].end());
  const std::string place = "$.sequences[0].protein";
  json& protein = job["sequences"][0]["protein"];
  protein["unpairedMsa"] = ">u";
  protein["pairedMsa"] = ">p";
  protein["modifications"][0]["ptmPosition"] = 9;
  job["sequences"].push_back({{"protein", {{"id", "C"}, {"sequence", "MKY"}}}});
  EXPECT_THAT(complaints(job, UnreadChecks()),
              ElementsAre(HasSubstr(place + ".modifications[0].ptmPosition: position 9"),
                          place + ".unpairedMsa: >u of unread residues",
                          place + ".templates[0].mmcif: unread residues",
                          place + ".pairedMsa: >p of unread residues"));
}

class TwoResidueTemplates : public ContentChecks {
  std::optional<size_t> check_template(const ProteinChain&, const std::string&) const override { return 2; }
};

TEST_F(InputTest, EveryIndexOutsideTheTemplateIsReported) {
  json job = full_job();
  job["sequences"][0]["protein"]["templates"] = {
      {{"mmcif", "data_X"}, {"queryIndices", {0, 1, 2}}, {"templateIndices", {2, 1, 9}}}};
  const std::string place = "$.sequences[0].protein.templates[0].templateIndices";
  EXPECT_THAT(complaints(job, TwoResidueTemplates()),
              ElementsAre(place + "[0]: index 2 is outside the template. The template has 2 residues; "
                                  "count them from 0.",
                          HasSubstr(place + "[2]: index 9 is outside the template")));
}

// The contents that only chemistry can judge are handed to it, and its complaints get places.
TEST_F(InputTest, ContentsAreCheckedWhereTheyStand) {
  const auto complaints = [&](const json& job) { return InputTest::complaints(job, RefusingChecks()); };
  json job = full_job();
  job["userCCD"] = "data_MY";
  EXPECT_THAT(complaints(job),
              ElementsAre("$.userCCD: data_MY", "$.sequences[0].protein.modifications[0].ptmType: SEP",
                          "$.sequences[0].protein.unpairedMsa: row 1: >query MKSTY ",
                          "$.sequences[0].protein.templates[0].mmcif: data_X ",
                          "$.sequences[1].rna.modifications[0].modificationType: 5MC",
                          "$.sequences[1].rna.unpairedMsa: row 1: ",
                          "$.sequences[2].dna.modifications[0].modificationType: 5CM",
                          "$.sequences[3].ligand.ccdCodes[0]: NAG", "$.sequences[3].ligand.ccdCodes[1]: BMA",
                          "$.sequences[4].ligand.smiles: CCO", "$.bondedAtomPairs[0][0][2]: A1ND2",
                          "$.bondedAtomPairs[0][1][2]: G1C1", "$.bondedAtomPairs[1][0][2]: G1O4",
                          "$.bondedAtomPairs[1][1][2]: G2C1"));
  // Paired MSAs are judged where there are proteins to pair.
  job = full_job();
  job["bondedAtomPairs"] = nullptr;
  job["sequences"].erase(job["sequences"].begin() + 1, job["sequences"].end());
  job["sequences"][0]["protein"].erase("modifications");
  job["sequences"][0]["protein"]["pairedMsa"] = ">q";
  EXPECT_THAT(complaints(job), ElementsAre("$.sequences[0].protein.unpairedMsa: row 1: >query MKSTY ",
                                           "$.sequences[0].protein.templates[0].mmcif: data_X "));
  EXPECT_THAT(warnings(job, RefusingChecks()), ElementsAre());
  job["sequences"][0]["protein"].erase("templates");
  EXPECT_THAT(warnings(job, RefusingChecks()),
              ElementsAre("$.sequences[0].protein.unpairedMsa: templates will be searched"));
  write_file(folder_ / "b.a3m", ">b");
  job["sequences"].push_back({{"protein", {{"id", "C"}, {"sequence", "MKY"}, {"pairedMsaPath", "b.a3m"}}}});
  EXPECT_THAT(complaints(job), ::testing::IsSupersetOf({"$.sequences[0].protein.pairedMsa: row 1: >q",
                                                        "$.sequences[1].protein.pairedMsaPath: row 1: >b"}));
  json server = json::array(
      {{{"name", "s"}, {"sequences", {{{"ion", {{"ion", "MG"}}}}, {{"ligand", {{"ligand", "CCD_ATP"}}}}}}}});
  EXPECT_THAT(complaints(server),
              ElementsAre("$[0].sequences[0].ion.ion: MG", "$[0].sequences[1].ligand.ligand: ATP"));
}

TEST_F(InputTest, RequireCompleteNamesTheMissingField) {
  json job = full_job();
  EXPECT_NO_THROW(require_complete(read_one(job)));
  const auto complaint = [&] {
    try {
      require_complete(read_one(job));
    } catch (const Error& error) {
      return std::string(error.what());
    }
    return std::string("(complete)");
  };
  job["sequences"][1]["rna"].erase("unpairedMsa");
  EXPECT_THAT(complaint(), HasSubstr("RNA chain 1 (id R): the unpaired MSA is missing: unpairedMsa is null"));
  json& protein = job["sequences"][0]["protein"];
  protein["templates"] = nullptr;
  EXPECT_THAT(complaint(), HasSubstr("protein chain 1 (id A): the templates are missing: templates is null"));
  protein["pairedMsa"] = nullptr;
  EXPECT_THAT(complaint(), HasSubstr("the paired MSA is missing"));
}

// Every bad item of a list is reported, and everything that does not depend on it is checked.
TEST_F(InputTest, EveryBadItemIsToldOf) {
  json job = full_job();
  job["sequences"][0]["protein"]["id"] = {"a", "A", "B2", 3};
  job["bondedAtomPairs"] = {{{"A", 9, "N"}, {"G", "1", 7}}, {{5, "4", 7}, {"G", 1, "C1"}}};
  EXPECT_THAT(
      complaints(job),
      ElementsAre(HasSubstr("protein.id[0]: found \"a\""), HasSubstr("protein.id[2]: found \"B2\""),
                  HasSubstr("protein.id[3]: found the number 3"),
                  HasSubstr("[0][0][1]: residue 9 is outside"), HasSubstr("[0][1][1]: found \"1\""),
                  HasSubstr("[0][1][2]: found the number 7"), HasSubstr("[1][0][0]: found the number 5"),
                  HasSubstr("[1][0][1]: found \"4\""), HasSubstr("[1][0][2]: found the number 7")));
}

TEST_F(InputTest, EveryBadLetterIsToldOfUpToFive) {
  json job = full_job();
  job["sequences"] = {{{"dna", {{"id", "A"}, {"sequence", "M*K1"}}}}};
  job["bondedAtomPairs"] = nullptr;
  EXPECT_THAT(complaints(job),
              ElementsAre(HasSubstr("found \"*\" at position 2"), HasSubstr("found \"1\" at position 4")));
  job["sequences"][0]["dna"]["sequence"] = "A123456";
  EXPECT_EQ(complaints(job).size(), 5u);
  EXPECT_THAT(complaints(job).back(), HasSubstr("found 2 more characters that are not letters"));
}

TEST_F(InputTest, AnUnknownKindOfEntityHidesNotTheOtherInItsElement) {
  json job = full_job();
  job["sequences"][2]["foo"] = json::object();
  job["sequences"][2]["dna"]["sequence"] = "AC*";
  EXPECT_THAT(complaints(job),
              ElementsAre(HasSubstr("$.sequences[2]: unknown key 'foo'"), HasSubstr("found \"*\"")));
}

TEST_F(InputTest, ARepeatedIdStandsWhereItIsRepeated) {
  json job = full_job();
  job["sequences"][0]["protein"]["id"] = {"A", "A"};
  job["sequences"][1]["rna"]["id"] = "A";
  EXPECT_THAT(complaints(job), ElementsAre(HasSubstr("$.sequences[0].protein.id[1]: the id 'A' is used "
                                                     "twice, first in $.sequences[0].protein.id[0]"),
                                           HasSubstr("$.sequences[1].rna.id: the id 'A' is used twice")));
}

TEST_F(InputTest, SeedsThatAreCutAreWarnedOf) {
  json job = full_job();
  job["modelSeeds"] = {1.5, true, "17", 2.0};
  EXPECT_TRUE(complaints(job).empty());
  EXPECT_THAT(warnings(job),
              ElementsAre("$.modelSeeds[0]: found the number 1.5 as a seed. pleat uses 1.",
                          "$.modelSeeds[1]: found true as a seed. pleat uses 1.",
                          "$.modelSeeds[1]: the seed 1 stands in the list before. It gives the same "
                          "results again."));
}

TEST_F(InputTest, StructuresAreReadWhateverElseIsWrong) {
  json job = full_job();
  EXPECT_TRUE(reading(job).structure_read);
  job["modelSeeds"] = {-1};
  job["sequences"][0]["protein"]["tempates"] = 1;
  EXPECT_TRUE(reading(job).structure_read);
  for (const char* broken :
       {"/sequences/0/protein/sequence", "/sequences/1/rna/id", "/sequences/3/ligand/ccdCodes/0",
        "/sequences/4/ligand/smiles", "/bondedAtomPairs/0/0/1", "/userCCD"}) {
    json other = job;
    other[json::json_pointer(broken)] = {1};
    EXPECT_FALSE(reading(other).structure_read) << broken;
  }
}

}  // namespace
}  // namespace pleat::input
