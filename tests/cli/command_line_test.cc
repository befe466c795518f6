// Flags, messages and exit statuses.
#include <gmock/gmock.h>

#include "tests/cli/program.h"

namespace pleat::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

TEST_F(ProgramTest, HelpAndVersionGoToStdout) {
  const Run version = pleat("--version");
  EXPECT_EQ(version.status, 0);
  EXPECT_THAT(version.out, StartsWith("pleat "));
  EXPECT_EQ(version.err, "");
  for (const std::string command : {"predict", "featurise", "infer", "weights synthesise", "weights info"}) {
    EXPECT_THAT(pleat("--help").out, HasSubstr(command));
    const Run help = pleat(command + " --help");
    EXPECT_EQ(help.status, 0);
    EXPECT_THAT(help.out, HasSubstr("pleat " + command));
  }
  EXPECT_THAT(pleat("predict --help").out, HasSubstr("--norun_data_pipeline"));
}

TEST_F(ProgramTest, OutputThatCannotBeWrittenIsAFailure) {
  if (!fs::exists("/dev/full")) GTEST_SKIP() << "skipped: no /dev/full";
  for (const std::string command : {"--version", "predict --help", "db check"}) {
    pleat(command + " > /dev/full 2> err; echo $? > status; true");
    EXPECT_EQ(read_file(folder_ / "status"), "1\n") << command;
    EXPECT_THAT(read_file(folder_ / "err"), HasSubstr("stdout: ")) << command;
  }
}

// A command line that is wrong in itself: status 2 and one line that says what would be right.
struct Wrong {
  std::string arguments, message;
};

class WrongLineTest : public ProgramTest, public ::testing::WithParamInterface<Wrong> {};

TEST_P(WrongLineTest, EndsWithStatus2AndOneLine) {
  const Run run = pleat(GetParam().arguments);
  EXPECT_EQ(run.status, 2);
  EXPECT_EQ(run.out, "");
  EXPECT_THAT(run.err, StartsWith("pleat: error: "));
  EXPECT_THAT(run.err, HasSubstr(GetParam().message));
  EXPECT_EQ(std::count(run.err.begin(), run.err.end(), '\n'), 1) << run.err;
}

const std::string kPredict = "predict --json_path x.json --output_dir out ";

INSTANTIATE_TEST_SUITE_P(
    Lines, WrongLineTest,
    ::testing::Values(Wrong{"", "a command is missing"},
                      Wrong{"predcit", "unknown command 'predcit'. Did you mean 'predict'?"},
                      Wrong{"weights sythesise", "Did you mean 'weights synthesise'?"},
                      Wrong{"xyzzy", "unknown command 'xyzzy'. See pleat --help"},
                      Wrong{kPredict + "--num_recycle=3",
                            "unknown flag '--num_recycle'. Did you mean '--num_recycles'?"},
                      Wrong{"predict --jsn_path=x --output_dir o", "Did you mean '--json_path'?"},
                      Wrong{"predict --jsn_path=x", "Did you mean '--json_path'?"},
                      Wrong{kPredict + "stray", "unexpected argument 'stray'"},
                      Wrong{"predict --json_path x.json", "--output_dir is required"},
                      Wrong{"predict --output_dir out", "give --json_path, --input_dir or --fasta_path"},
                      Wrong{kPredict + "--norun_data_pipeline --norun_inference", "nothing to do"},
                      Wrong{kPredict + "--num_recycles 0", "--num_recycles"},
                      Wrong{kPredict + "--num_recycles=two", "'two'"},
                      Wrong{kPredict + "--num_diffusion_samples=0", "at least 1"},
                      Wrong{kPredict + "--num_seeds=0", "at least 1"},
                      Wrong{kPredict + "--conformer_max_iterations=-1", "at least 0"},
                      Wrong{kPredict + "--threads 0", "at least 1"},
                      Wrong{kPredict + "--precision float16", "float16"},
                      Wrong{kPredict + "--buckets 256,128", "rising order"},
                      Wrong{kPredict + "--buckets 256,x", "rising order"},
                      Wrong{kPredict + "--max_template_date 2021-02-30", "a date like 2021-09-30"},
                      Wrong{kPredict + "--max_template_date yesterday", "a date like 2021-09-30"},
                      Wrong{kPredict + "--save_embeddings=maybe", "maybe"},
                      Wrong{"infer --features f.npz --output o.npz", "--seed is required"},
                      Wrong{"infer --features f.npz --output o.npz --seed 4294967296", "4294967296"}),
    [](const auto& info) { return "Case" + std::to_string(info.index); });

INSTANTIATE_TEST_SUITE_P(
    ZValues, WrongLineTest,
    ::testing::Values(Wrong{kPredict + "--uniref90_z_value inf", "found 'inf', an integer above 0 is needed"},
                      Wrong{kPredict + "--uniref90_z_value=0", "above 0"},
                      Wrong{kPredict + "--mgnify_z_value=10.5", "an integer"},
                      Wrong{kPredict + "--rfam_z_value=nan", "found 'nan', a number above 0 is needed"},
                      Wrong{kPredict + "--rfam_z_value=-1", "above 0"},
                      Wrong{kPredict + "--rfam_z_value=1e999", "above 0"}),
    [](const auto& info) { return "Case" + std::to_string(info.index); });

TEST_F(ProgramTest, MissingWeightsEndTheRunBeforeAnyWork) {
  write_file(folder_ / "job.json",
             R"({"name": "job", "modelSeeds": [5], "dialect": "alphafold3", "version": 4,
    "sequences": [{"ligand": {"id": "L", "ccdCodes": ["ATP"]}}]})");
  const Run run = pleat("predict --json_path job.json --output_dir out --model_dir no_such_folder");
  EXPECT_EQ(run.status, 1);
  EXPECT_THAT(run.err, HasSubstr("pleat: error: "));
  EXPECT_THAT(run.err, HasSubstr("no_such_folder"));
  EXPECT_FALSE(fs::exists(folder_ / "out"));
}

}  // namespace
}  // namespace pleat::cli
