// pleat predict on real inputs: what it writes, what it refuses, and what a failed job leaves of the others.
#include <gmock/gmock.h>
#include <sys/stat.h>

#include <fstream>
#include <map>
#include <thread>

#include "tests/cli/program.h"
#include "tests/support.h"

namespace pleat::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

const std::string kComplete =
    R"({"name": "small job", "modelSeeds": [5], "dialect": "alphafold3", "version": 4,
  "sequences": [{"protein": {"id": "A", "sequence": "MKSTYU", "unpairedMsa": "", "pairedMsa": "", "templates": [],
                             "modifications": [{"ptmType": "SEP", "ptmPosition": 3}]}},
                {"rna": {"id": "R", "sequence": "ACGT", "unpairedMsa": ">query\nACGN\n"}}]})";
const std::string kToBeSearched =
    R"({"name": "searched", "modelSeeds": [5], "dialect": "alphafold3", "version": 4,
  "sequences": [{"protein": {"id": "A", "sequence": "MKSTY", "unpairedMsa": "", "templates": []}}]})";

class PredictTest : public ProgramTest {
 protected:
  void SetUp() override {
    ProgramTest::SetUp();
    write_file(folder_ / "job.json", kComplete);
  }
  std::string data_json() const { return read_file(folder_ / "out" / "small_job" / "small_job_data.json"); }
};

TEST_F(PredictTest, EveryFormOfABooleanIsUnderstood) {
  for (const std::string form :
       {"--norun_inference", "--run_inference=false", "-run_inference=0", "-norun_inference",
        "--run_inference --norun_inference", "--run_inference=true --run_inference=f"}) {
    fs::remove_all(folder_ / "out");
    const Run run = pleat("predict --json_path=job.json --output_dir out " + form);
    EXPECT_EQ(run.status, 0) << form << run.err;
    EXPECT_EQ(run.out, "");
    EXPECT_THAT(data_json(), HasSubstr("\"name\": \"small job\""));
    EXPECT_FALSE(fs::exists(folder_ / "out" / "small_job" / "small_job_model.cif"));
  }
}

// The demo's network, as fast as it goes.
constexpr const char* kQuick =
    " --model_dir demo --norun_data_pipeline --num_recycles 1 --num_diffusion_samples 1 "
    "--num_diffusion_steps 20";  // after fewer, coordinates are too long for a PDB file

TEST_F(PredictTest, ModelFilesHaveTheFormatsThatWereAskedFor) {
  const std::string line = "predict --json_path job.json --output_dir out" + std::string(kQuick);
  const Run run = pleat(line + " --output_format pdb,bcif,cif --compress_large_output_files");
  ASSERT_EQ(run.status, 0) << run.err;
  const fs::path job = folder_ / "out" / "small_job";
  const std::string sample = "seed-5_sample-0/small_job_seed-5_sample-0";
  for (const std::string name : {"small_job", sample.c_str()})
    for (const char* format : {".cif.zst", ".pdb.zst", ".bcif.zst"})
      EXPECT_TRUE(fs::exists(job / (name + "_model" + format))) << name << format;
  EXPECT_THAT(read_text_file(job / "small_job_model.pdb.zst"), HasSubstr("\nHETATM"));
  EXPECT_TRUE(fs::exists(job / "small_job_report.html"));
}

TEST_F(PredictTest, NoReportIsWrittenWhereNoneIsWantedOrCanBe) {
  const std::string line =
      "predict --json_path job.json --force_output_dir --output_dir out" + std::string(kQuick);
  const fs::path report = folder_ / "out" / "small_job" / "small_job_report.html";
  for (const char* flag : {" --noreport", " --output_format pdb"}) {
    const Run run = pleat(line + flag);
    EXPECT_EQ(run.status, 0) << run.err;
    EXPECT_FALSE(fs::exists(report)) << flag;
  }
  EXPECT_TRUE(fs::exists(folder_ / "out" / "small_job" / "small_job_model.pdb"));
}

TEST_F(PredictTest, AFormatThatCanNotHoldTheJobIsRefusedBeforeTheNetwork) {
  std::string json = kComplete;
  json.replace(json.find("\"id\": \"A\""), 9, "\"id\": \"AB\"");
  write_file(folder_ / "job.json", json);
  const std::string line = "predict --json_path job.json --output_dir out" + std::string(kQuick);
  const Run run = pleat(line + " --output_format cif,pdb");
  EXPECT_EQ(run.status, 1);
  EXPECT_THAT(
      run.err,
      HasSubstr(
          "the id of chain AB has 2 characters, a PDB file holds one. Leave pdb out of --output_format."));
  EXPECT_THAT(run.err, Not(HasSubstr("diffusion")));
  EXPECT_EQ(pleat(line + " --output_format docx").status, 2);
}

TEST_F(PredictTest, TheLastOfARepeatedFlagCountsAndEachInputDoes) {
  const Run run =
      pleat("predict --json_path job.json --output_dir absent --output_dir out --norun_inference");
  EXPECT_EQ(run.status, 0) << run.err;
  EXPECT_FALSE(fs::exists(folder_ / "absent"));
  EXPECT_FALSE(fs::exists(folder_ / "out" / "batch.json")) << "one job is no batch";
  const Run two =
      pleat("predict --json_path absent.json --json_path job.json --output_dir two --norun_inference");
  EXPECT_EQ(two.status, 3) << two.err;
  EXPECT_THAT(two.err, HasSubstr("absent.json: the file can't be read"));
  EXPECT_TRUE(fs::exists(folder_ / "two" / "small_job" / "small_job_data.json"));
  EXPECT_THAT(read_file(folder_ / "two" / "batch.json"), HasSubstr("\"outcome\": \"refused\""));
}

TEST_F(PredictTest, FlagsForJaxAreTakenWithoutEffect) {
  const std::string line = "predict --json_path job.json --output_dir out --norun_inference ";
  const Run run = pleat(line +
                        "--jax_backend=cpu --flash_attention_implementation=xla --gpu_device=1 "
                        "--jax_compilation_cache_dir=cache");
  EXPECT_EQ(run.status, 0) << run.err;
  EXPECT_THAT(run.err, HasSubstr("--jax_backend has no effect"));
  EXPECT_FALSE(fs::exists(folder_ / "cache"));
  EXPECT_EQ(pleat(line + "--jax_backend=tpu").status, 2);
}

TEST_F(PredictTest, DashesMayEndTheFlagsAndListsMayHaveSpaces) {
  const Run run =
      pleat("predict --json_path job.json --output_dir out --norun_inference --buckets '256, 512' --");
  EXPECT_EQ(run.status, 0) << run.err;
  EXPECT_EQ(pleat("predict --json_path job.json --output_dir out --buckets '256 512'").status, 2);
}

TEST_F(PredictTest, JobsOfOneNameGetFoldersOfTheirOwn) {
  for (const char* file : {"1.json", "2.json", "3.json"}) write_file(folder_ / "in" / file, kComplete);
  const Run run = pleat("predict --input_dir in --output_dir out --norun_inference");
  ASSERT_EQ(run.status, 0) << run.err;
  int folders = 0;
  for (const auto& entry : fs::directory_iterator(folder_ / "out")) {
    if (entry.path().filename() == "batch.json") continue;
    ++folders;
    EXPECT_TRUE(fs::exists(entry.path() / "small_job_data.json")) << entry.path();
  }
  EXPECT_EQ(folders, 3);

  const Run forced = pleat("predict --input_dir in --output_dir forced --norun_inference --force_output_dir");
  EXPECT_EQ(forced.status, 3);
  EXPECT_THAT(forced.err, HasSubstr("in/2.json: $.name: in/1.json: $ also has the name 'small job'."));
  EXPECT_TRUE(fs::exists(folder_ / "forced" / "small_job" / "small_job_data.json")) << "the first one runs";
}

TEST_F(PredictTest, FeaturesOfOneNameAreNotOverwritten) {
  const std::string ion = R"("sequences": [{"ion": {"ion": "MG", "count": 1}}]})";
  write_file(folder_ / "list.json", R"([{"name": "one", "modelSeeds": [1], )" + ion +
                                        R"(, {"name": "one", )" + R"("modelSeeds": [1], )" + ion + "]");
  const Run run = pleat("featurise --json_path list.json --output_dir features --threads 1");
  EXPECT_EQ(run.status, 0);
  EXPECT_THAT(run.err,
              HasSubstr("list.json: $[1].name: list.json: $[0] also has the name 'one'. Its files are named "
                        "after 'one_2'."));
  EXPECT_EQ(std::distance(fs::directory_iterator(folder_ / "features"), fs::directory_iterator()), 2);
}

TEST_F(PredictTest, InputsAreReadOnceSoThatPipesWork) {
  ASSERT_EQ(::mkfifo((folder_ / "pipe").c_str(), 0600), 0);
  std::thread writer([&] { std::ofstream(folder_ / "pipe") << kComplete; });
  const Run run = pleat("predict --json_path pipe --output_dir out --norun_inference");
  writer.join();
  ASSERT_EQ(run.status, 0) << run.err;
  EXPECT_THAT(data_json(), HasSubstr("small job"));
}

TEST_F(PredictTest, AllProblemsOfAllInputsComeBeforeAnyWork) {
  write_file(folder_ / "in" / "1.json", kComplete);
  write_file(folder_ / "in" / "2.json",
             std::string(kComplete).replace(kComplete.find("MKSTYU"), 6, "MK1TYU"));
  const Run run = pleat("predict --input_dir in --output_dir out --norun_inference");
  EXPECT_EQ(run.status, 3);
  const size_t problem = run.err.find("in/2.json"), start = run.err.find("Job small job starts");
  ASSERT_NE(problem, std::string::npos) << run.err;
  ASSERT_NE(start, std::string::npos) << run.err;
  EXPECT_LT(problem, start);
}

TEST_F(PredictTest, NamesTooLongForTheResultsAreRefused) {
  const std::string longest(189, 'n');
  for (const std::string& name : {longest, longest + "n"}) {
    std::string job = kComplete;
    write_file(folder_ / "long.json", job.replace(job.find("small job"), 9, name));
    const Run run = pleat("predict --json_path long.json --output_dir out --norun_inference");
    EXPECT_EQ(run.status, name == longest ? 0 : 1) << run.err;
    if (name != longest) {
      EXPECT_THAT(run.err, HasSubstr("long.json: $.name: the name has 190 characters"));
    }
  }
}

TEST_F(PredictTest, FarTooManySeedsAreRefused) {
  const Run run =
      pleat("predict --json_path job.json --output_dir out --norun_inference --num_seeds 2000000000");
  EXPECT_EQ(run.status, 1);
  EXPECT_THAT(run.err, HasSubstr("--num_seeds: found 2000000000. Give at most 100000."));
}

// No FASTA name leads out of the output folder, and a byte order mark is no letter of the first header.
TEST_F(PredictTest, FastaNamesThatAreNoFolders) {
  write_file(folder_ / "f.fa", "\xef\xbb\xbf>..\nMKT\n>.\nMKV\n");
  const Run run = pleat("search --fasta_path f.fa --output_dir out --force_output_dir --db_dir none");
  EXPECT_EQ(run.status, 1);
  EXPECT_THAT(run.err, HasSubstr("f.fa: record 1 (..): pleat cannot make a file name from '..'"));
  EXPECT_THAT(run.err, HasSubstr("f.fa: record 2 (.): pleat cannot make a file name from '.'"));
}

TEST_F(PredictTest, ThePipelineCompletesWhatNeedsNoSearch) {
  ASSERT_EQ(pleat("predict --json_path job.json --output_dir out --norun_inference").status, 0);
  EXPECT_THAT(data_json(), HasSubstr(R"("sequence": "MKSTYX")"));
  EXPECT_THAT(data_json(), HasSubstr(R"("unpairedMsa": ">Original query\nMKSTYX\n")"));
  EXPECT_THAT(data_json(), HasSubstr(R"("pairedMsa": ">Original query\nMKSTYX\n")"));
  EXPECT_THAT(data_json(), HasSubstr(R"("sequence": "ACGN")"));
}

TEST_F(PredictTest, CompletePipelineOutputsStayAsTheyAre) {
  for (const std::string name : {"5tgy", "u1a_rna_hairpin", "rna_db0"}) {
    const fs::path expected = test::kGolden / "pipeline" / name / "expected_data.json";
    const fs::path out = folder_ / name;
    const Run run =
        pleat("predict --norun_inference --json_path '" + expected.string() + "' --output_dir " + name);
    ASSERT_EQ(run.status, 0) << run.err;
    const fs::path job = fs::directory_iterator(out)->path();
    EXPECT_TRUE(read_file(job / (job.filename().string() + "_data.json")) == read_file(expected)) << name;
  }
}

TEST_F(PredictTest, WhatNeedsASearchIsRefusedByChainAndField) {
  write_file(folder_ / "job.json", kToBeSearched);
  const Run run = pleat("predict --json_path job.json --output_dir out --norun_inference");
  EXPECT_EQ(run.status, 1);
  EXPECT_THAT(run.err,
              HasSubstr("pleat: error: job.json: $.sequences[0].protein: the paired MSA is missing"));
  EXPECT_THAT(run.err, HasSubstr("in the JSON"));
  EXPECT_FALSE(fs::exists(folder_ / "out" / "searched"));
}

TEST_F(PredictTest, AMisspeltKeyIsNamedWithItsPlace) {
  std::string text = kComplete;
  text.replace(text.find("unpairedMsa"), 11, "unpairedMSA");
  write_file(folder_ / "job.json", text);
  const Run run = pleat("predict --json_path job.json --output_dir out --norun_inference");
  EXPECT_EQ(run.status, 1);
  EXPECT_THAT(run.err, HasSubstr("pleat: error: job.json: $.sequences[0].protein: unknown key 'unpairedMSA'. "
                                 "Did you mean 'unpairedMsa'?\n"));
}

TEST_F(PredictTest, AFailedJobLeavesTheOthersOfItsFolder) {
  fs::create_directories(folder_ / "in");
  write_file(folder_ / "in" / "a.json", "{broken");
  write_file(folder_ / "in" / "b.json", kToBeSearched);
  write_file(folder_ / "in" / "c.json", kComplete);
  write_file(folder_ / "in" / "notes.txt", "no job");
  const Run run = pleat("predict --input_dir in --output_dir out --norun_inference");
  EXPECT_EQ(run.status, 3);
  EXPECT_THAT(run.err, HasSubstr("in/a.json: line 1, column 2"));
  EXPECT_THAT(run.err, HasSubstr("in/b.json: $.sequences[0].protein: the paired MSA is missing"));
  EXPECT_THAT(run.err, Not(HasSubstr("notes.txt")));
  EXPECT_THAT(data_json(), HasSubstr("MKSTYX"));
}

TEST_F(PredictTest, SeedsAreCountedUp) {
  const std::string line = "predict --json_path job.json --output_dir out --norun_inference ";
  ASSERT_EQ(pleat(line + "--num_seeds=3").status, 0);
  EXPECT_THAT(data_json(), HasSubstr("\"modelSeeds\": [\n    5,\n    6,\n    7\n  ]"));
  const Run one = pleat(line + "--num_seeds=1");
  EXPECT_EQ(one.status, 1);
  EXPECT_THAT(one.err, HasSubstr("at least 2"));
  std::string two_seeds = kComplete;
  two_seeds.replace(two_seeds.find("[5]"), 3, "[5, 9]");
  write_file(folder_ / "job.json", two_seeds);
  EXPECT_THAT(pleat(line + "--num_seeds=3").err, HasSubstr("the job has 2 seeds"));
}

TEST_F(PredictTest, ASmallNetworkRunsFromJsonToFiles) {
  const fs::path golden = test::kGolden / "jobs" / "small_network";
  const Run run =
      pleat("predict --json_path '" + (golden / "input.json").string() + "' --model_dir '" +
            test::kSmallWeights.string() +
            "' --output_dir out --num_recycles 1 --num_diffusion_samples 2 --num_diffusion_steps 4 "
            "--max_memory 1G --threads 1");
  ASSERT_EQ(run.status, 0) << run.err;
  EXPECT_EQ(run.out, "");
  EXPECT_THAT(run.err, HasSubstr("peak memory"));
  const fs::path out = folder_ / "out" / "ubiquitin_monomer";
  for (const std::string file :
       {"ubiquitin_monomer_data.json", "ubiquitin_monomer_model.cif", "ubiquitin_monomer_confidences.json",
        "ubiquitin_monomer_summary_confidences.json", "ubiquitin_monomer_ranking_scores.csv",
        "seed-42_sample-1/ubiquitin_monomer_seed-42_sample-1_model.cif"}) {
    EXPECT_TRUE(fs::exists(out / file)) << file;
  }
}

TEST_F(PredictTest, ParametersThatDoNotFitAreRefusedBeforeTheyAreHeld) {
  const fs::path golden = test::kGolden / "jobs" / "small_network";
  const std::string line = "infer --features '" + (golden / "features.npz").string() +
                           "' --seed 42 --output results.npz --model_dir ",
                    small = "'" + test::kSmallWeights.string() + "'";
  for (const auto& [arguments, message] : std::map<std::string, std::string>{
           {small + " --max_memory 60M", "demo.bin.zst: the parameters need "},
           {small + " --max_memory 1M", "demo.bin.zst: the parameters need more than the 0 bytes"},
           {"synthetic:1 --max_memory 1G", "synthetic:1: the parameters need more than the "}}) {
    const Run run = pleat(line + arguments);
    EXPECT_EQ(run.status, 1);
    EXPECT_THAT(run.err, HasSubstr("pleat: error: "));
    EXPECT_THAT(run.err, HasSubstr(message));
    EXPECT_THAT(run.err, HasSubstr("Raise --max_memory"));
    EXPECT_FALSE(fs::exists(folder_ / "results.npz"));
  }
  EXPECT_EQ(pleat(line + small + " --max_memory 1G --num_recycles 0 --num_diffusion_steps 1").status, 0);
}

TEST_F(PredictTest, FeaturesMadeBeforehandAreUsed) {
  const fs::path golden = test::kGolden / "jobs" / "small_network";
  const std::string input = "--json_path '" + (golden / "input.json").string() + "' ";
  ASSERT_EQ(pleat("featurise --output_dir features --buckets 128 " + input).status, 0);
  const std::string line =
      "predict " + input + "--model_dir '" + test::kSmallWeights.string() +
      "' --num_recycles 1 --num_diffusion_samples 1 --num_diffusion_steps 2 --norun_data_pipeline ";
  ASSERT_EQ(pleat(line + "--output_dir computed").status, 0);
  ASSERT_EQ(pleat(line + "--output_dir read --features features").status, 0);
  const std::string file = "ubiquitin_monomer/ubiquitin_monomer_confidences.json";
  EXPECT_EQ(read_file(folder_ / "read" / file), read_file(folder_ / "computed" / file));
  const Run absent = pleat(line + "--output_dir none --features no_such_folder");
  EXPECT_EQ(absent.status, 1);
  EXPECT_THAT(absent.err, HasSubstr("no_such_folder/ubiquitin_monomer_seed-42_features.npz"));
}

}  // namespace
}  // namespace pleat::cli
