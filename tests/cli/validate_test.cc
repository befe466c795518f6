// pleat validate and pleat ccd build as typed.
#include <gmock/gmock.h>

#include "tests/cli/program.h"
#include "tests/support.h"

namespace pleat::test {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

const std::string kGood =
    R"({"name": "good", "modelSeeds": [5, 6], "dialect": "alphafold3", "version": 4, "sequences": [
  {"protein": {"id": ["A", "B"], "sequence": "MKSTYU", "modifications": [{"ptmType": "SEP", "ptmPosition": 3}]}},
  {"ligand": {"id": "C", "ccdCodes": ["ATP"]}}]})";

using ValidateTest = ProgramTest;

TEST_F(ValidateTest, SaysHowLargeAJobIs) {
  write_file(folder_ / "good.json", kGood);
  const Run run = pleat("validate good.json --buckets 16,64");
  EXPECT_EQ(run.status, 0) << run.err;
  // 2 x (5 residues + 10 atoms of SEP) + 31 atoms of ATP
  EXPECT_THAT(run.out, HasSubstr("good.json: $ good\n  protein 6 residues, 1 modification (chains A, B)\n"
                                 "  ligand  ATP (chain C)\n  61 tokens"));
  EXPECT_THAT(run.out, HasSubstr("bucket 64; 2 seeds\n  no problems\n"));
}

TEST_F(ValidateTest, FindsEveryProblemOfEveryFile) {
  write_file(folder_ / "good.json", kGood);
  write_file(folder_ / "bad.json", R"({"name": "bad", "modelSeeds": [], "dialect": "alphafold3", "version": 4,
    "sequences": [{"ligand": {"id": "L", "smiles": "C1CC"}}, {"ligand": {"id": "M", "ccdCodes": ["NOPE", "ATP"]}},
                  {"protein": {"id": "A", "sequence": "MKSTY", "tempates": []}}],
    "bondedAtomPairs": [[["A", 2, "SG"], ["M", 2, "PA"]]]})");
  write_file(folder_ / "server.json",
             R"({"name": "s", "modelSeeds": [1], "dialect": "alphafoldserver", "version": 1,
    "sequences": [{"proteinChain": {"sequence": "MK", "count": 1}}]})");
  const Run run = pleat("validate bad.json good.json server.json absent.json");
  EXPECT_EQ(run.status, 1);
  EXPECT_THAT(run.out, HasSubstr("bad.json: $ bad\n  5 problems:\n"));
  EXPECT_THAT(run.out, HasSubstr("    bad.json: $.modelSeeds: the list of seeds is empty"));
  EXPECT_THAT(
      run.out,
      HasSubstr(
          "    bad.json: $.sequences[0].ligand.smiles: SMILES 'C1CC': SMILES Parse Error: unclosed ring"));
  EXPECT_THAT(
      run.out,
      HasSubstr("    bad.json: $.sequences[1].ligand.ccdCodes[0]: the chemical component NOPE is not"));
  EXPECT_THAT(
      run.out,
      HasSubstr("    bad.json: $.sequences[2].protein: unknown key 'tempates'. Did you mean 'templates'?"));
  EXPECT_THAT(run.out,
              HasSubstr("    bad.json: $.bondedAtomPairs[0][0][2]: LYS has no atom SG. Its atoms are C CA"));
  EXPECT_THAT(run.out, HasSubstr("good.json: $ good\n  protein"));
  EXPECT_THAT(
      run.out,
      HasSubstr("    server.json: $.dialect: found \"alphafoldserver\" as the dialect of a JSON object"));
  EXPECT_THAT(run.out, HasSubstr("stand in a list"));
  EXPECT_THAT(run.out, HasSubstr("absent.json: it can't be read"));
  EXPECT_EQ(pleat("validate").status, 2);
}

TEST_F(ValidateTest, PredictRefusesTheSameBeforeAnyWork) {
  std::string text = kGood;
  text.replace(text.find("ATP"), 3, "NOPE");
  write_file(folder_ / "job.json", text);
  const Run run = pleat("predict --json_path job.json --output_dir out --norun_inference");
  EXPECT_EQ(run.status, 1);
  EXPECT_THAT(
      run.err,
      HasSubstr("pleat: error: job.json: $.sequences[1].ligand.ccdCodes[0]: the chemical component NOPE"));
  EXPECT_FALSE(fs::exists(folder_ / "out"));
}

// What only the whole structure shows: OP3 leaves where the residue is linked to one before it.
TEST_F(ValidateTest, StructuresThatCanNotBeMadeAreProblems) {
  write_file(folder_ / "job.json", R"({"name": "j", "modelSeeds": [1], "dialect": "alphafold3", "version": 4,
    "sequences": [{"rna": {"id": "A", "sequence": "ACGU"}}, {"ligand": {"id": "L", "ccdCodes": ["ATP"]}}],
    "bondedAtomPairs": [[["A", 2, "OP3"], ["L", 1, "PA"]]]})");
  const Run run = pleat("validate job.json");
  EXPECT_EQ(run.status, 1) << run.out;
  EXPECT_THAT(run.out, HasSubstr("job.json: $: bondedAtomPairs, chain A, residue 2: the atom OP3"));
}

TEST_F(ValidateTest, ADictionaryIsBuiltAndUsed) {
  PLEAT_REQUIRE_SHARED(shared);
  const std::string cif = (shared / "data" / "components_subset.cif").string();
  const Run built = pleat("ccd build '" + cif + "' --output ccd.bin");
  ASSERT_EQ(built.status, 0) << built.err;
  EXPECT_THAT(built.err, HasSubstr("Wrote 356 components to ccd.bin"));
  write_file(folder_ / "good.json", kGood);
  EXPECT_EQ(pleat("validate good.json --ccd ccd.bin").out, pleat("validate good.json").out);
  const Run damaged = pleat("validate good.json --ccd good.json");
  EXPECT_EQ(damaged.status, 1);
  EXPECT_THAT(damaged.err, HasSubstr("good.json"));
  const Run typo = pleat("ccd bulid x");
  EXPECT_EQ(typo.status, 2);
  EXPECT_THAT(typo.err, HasSubstr("Did you mean 'ccd build'?"));
  EXPECT_EQ(pleat("ccd build absent.cif --output x.bin").status, 1);
  EXPECT_THAT(pleat("ccd build").err, Not(HasSubstr("unknown")));
}

}  // namespace
}  // namespace pleat::test
