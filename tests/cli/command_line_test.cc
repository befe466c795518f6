// Flags, messages and exit statuses.
#include <gmock/gmock.h>

#include "tests/cli/program.h"
#include "tests/support.h"

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
  EXPECT_EQ(pleat("help predict").out, pleat("predict --help").out);
  EXPECT_EQ(pleat("help weights").out, pleat("weights --help").out);
  EXPECT_EQ(pleat("help").out, pleat("--help").out);
  const Run typo = pleat("help predcit");
  EXPECT_EQ(typo.status, 2);
  EXPECT_THAT(typo.err, HasSubstr("Did you mean 'predict'?"));
}

TEST_F(ProgramTest, ViewOfAFolderWithoutPredictionsSaysWhatToName) {
  const Run run = pleat("view .");
  EXPECT_EQ(run.status, 1);
  EXPECT_THAT(run.err, HasSubstr("neither this folder nor one inside it holds a prediction"));
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
    ::testing::Values(Wrong{"", "the command is missing"},
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
                      Wrong{kPredict + "--buckets 256,128", "increasing order"},
                      Wrong{kPredict + "--buckets 256,x", "increasing order"},
                      Wrong{kPredict + "--max_template_date 2021-02-30", "a date such as 2021-09-30"},
                      Wrong{kPredict + "--max_template_date yesterday", "a date such as 2021-09-30"},
                      Wrong{kPredict + "--save_embeddings=maybe", "maybe"},
                      Wrong{"infer --features f.npz --output o.npz", "--seed is required"},
                      Wrong{"infer --features f.npz --output o.npz --seed 4294967296", "4294967296"}),
    [](const auto& info) { return "Case" + std::to_string(info.index); });

INSTANTIATE_TEST_SUITE_P(ZValues, WrongLineTest,
                         ::testing::Values(Wrong{kPredict + "--uniref90_z_value inf",
                                                 "found 'inf' where an integer above 0 is needed"},
                                           Wrong{kPredict + "--uniref90_z_value=0", "above 0"},
                                           Wrong{kPredict + "--mgnify_z_value=10.5", "an integer"},
                                           Wrong{kPredict + "--rfam_z_value=nan",
                                                 "found 'nan' where a number above 0 is needed"},
                                           Wrong{kPredict + "--rfam_z_value=-1", "above 0"},
                                           Wrong{kPredict + "--rfam_z_value=1e999", "above 0"}),
                         [](const auto& info) { return "Case" + std::to_string(info.index); });

INSTANTIATE_TEST_SUITE_P(
    AsAbsl, WrongLineTest,
    ::testing::Values(Wrong{kPredict + "--num_recycles=1e1", "found '1e1' where an integer is needed"},
                      Wrong{kPredict + "--num_diffusion_samples=1,2",
                            "found '1,2' where an integer is needed"},
                      Wrong{kPredict + "--gpu_device=0x", "found '0x' where an integer is needed"},
                      Wrong{kPredict + "--num_recycles=0x0", "at least 1"},
                      Wrong{kPredict + "--nosave_distogram=true", "--nosave_distogram takes no value"},
                      Wrong{kPredict + "--save_distogram=yes", "found 'yes' where true or false is needed"},
                      Wrong{kPredict + "--save_distogram=", "found '' where true or false is needed"},
                      Wrong{kPredict + "--nosave_distogram false", "unexpected argument 'false'"},
                      Wrong{kPredict + "--max_template_date=20210230", "a date such as 2021-09-30"},
                      Wrong{kPredict + "--jax_backend=tpu", "tpu"},
                      Wrong{kPredict + "--flagfile=absent", "absent"},
                      Wrong{kPredict + "--flagfile", "needs the name of a file"},
                      Wrong{kPredict + "--undefok=foo --bar=2", "unknown flag '--bar'"}),
    [](const auto& info) { return "Case" + std::to_string(info.index); });

const std::string kChecked = kPredict + "--only_check_args ";

TEST_F(ProgramTest, AWordAfterABooleanIsItsValue) {
  for (const std::string value : {"false", "FALSE", "0", "f", "true", "T", "1"}) {
    const Run run = pleat(kChecked + "--save_distogram " + value);
    EXPECT_EQ(run.status, 0) << run.err;
    EXPECT_THAT(run.err, HasSubstr("AlphaFold 3 ignores the word '" + value + "'"));
  }
  EXPECT_THAT(pleat(kPredict + "--norun_inference --run_data_pipeline False").err,
              HasSubstr("nothing to do"));
  EXPECT_EQ(pleat(kChecked + "--save_distogram yes").status, 2);
}

TEST_F(ProgramTest, FlagsComeFromFilesThatNameFiles) {
  write_file(folder_ / "outer", "# a comment\n--json_path=x.json\n\n  // another\n-flagfile\ninner\n");
  write_file(folder_ / "inner", "--output_dir=out\n--num_recycles\nnone\n");
  EXPECT_THAT(pleat("predict --flagfile=outer").err, HasSubstr("'none'"));
  write_file(folder_ / "inner", "--output_dir=out\n--num_recycles=3\n");
  EXPECT_EQ(pleat("predict --only_check_args --flagfile outer").status, 0);
  write_file(folder_ / "inner", "--flagfile=outer\n");
  const Run run = pleat("predict --flagfile outer");
  EXPECT_EQ(run.status, 2);
  EXPECT_THAT(run.err, HasSubstr("outer includes itself"));
}

TEST_F(ProgramTest, FlagsOfAbslAreTakenWithANote) {
  for (const std::string flag :
       {"--verbosity=1", "-v 1", "--logtostderr", "--alsologtostderr", "--stderrthreshold=info",
        "--log_dir=/tmp", "--showprefixforinfo", "--pdb", "--pdb_post_mortem", "--nopdb", "--run_with_pdb",
        "--run_with_profiling", "--profile_file=p", "--use_cprofile_for_profiling=false"}) {
    const Run run = pleat(kChecked + flag);
    EXPECT_EQ(run.status, 0) << run.err;
    EXPECT_THAT(run.err, HasSubstr("has no effect")) << flag;
  }
  EXPECT_EQ(pleat(kChecked + "--undefok=foo,bar --foo=1 --bar two --nofoo").status, 0);
}

TEST_F(ProgramTest, HelpHasManySpellings) {
  for (const std::string help : {"--help", "-h", "--helpfull", "-helpshort", "'-?'", "'--?'"}) {
    const Run run = pleat("predict --num_recycles=none " + help);
    EXPECT_EQ(run.status, 0) << help << run.err;
    for (const std::string group : {"Jobs:", "Stages:", "Network:", "Features:", "Results:", "Databases:"})
      EXPECT_THAT(run.out, HasSubstr(group));
  }
}

// A flag of AlphaFold 3 v3.0.4's run_alphafold.py, with a value that it takes, and what pleat does with it.
enum class Effect { same, none };
struct ReferenceFlag {
  std::string flag;
  Effect effect = Effect::same;
};

const std::vector<ReferenceFlag> kReferenceFlags = {
    {"--json_path=x.json"},
    {"--input_dir=x"},
    {"--output_dir=out"},
    {"--model_dir=x"},
    {"--run_data_pipeline=true"},
    {"--run_inference=TRUE"},
    {"--jackhmmer_binary_path=x"},
    {"--nhmmer_binary_path=x"},
    {"--hmmalign_binary_path=x"},
    {"--hmmsearch_binary_path=x"},
    {"--hmmbuild_binary_path=x"},
    {"--db_dir=x --db_dir=y"},
    {"--small_bfd_database_path=x"},
    {"--small_bfd_z_value=100"},
    {"--mgnify_database_path=x"},
    {"--mgnify_z_value=100"},
    {"--uniprot_cluster_annot_database_path=x"},
    {"--uniprot_cluster_annot_z_value=100"},
    {"--uniref90_database_path=x"},
    {"--uniref90_z_value=100"},
    {"--ntrna_database_path=x"},
    {"--ntrna_z_value=1.5"},
    {"--rfam_database_path=x"},
    {"--rfam_z_value=1.5"},
    {"--rna_central_database_path=x"},
    {"--rna_central_z_value=1.5"},
    {"--pdb_database_path=x"},
    {"--seqres_database_path=x"},
    {"--jackhmmer_n_cpu=0x8"},
    {"--jackhmmer_max_parallel_shards=2"},
    {"--nhmmer_n_cpu=8"},
    {"--nhmmer_max_parallel_shards=2"},
    {"--hmmsearch_n_cpu=8"},
    {"--resolve_msa_overlaps=f"},
    {"--max_template_date=20210930"},
    {"--conformer_max_iterations=1"},
    {"--fix_standalone_glycans"},
    {"--jax_compilation_cache_dir=x", Effect::none},
    {"--gpu_device=0x1", Effect::none},
    {"--jax_backend=CPU", Effect::none},
    {"--buckets=256,512"},
    {"--flash_attention_implementation=xla", Effect::none},
    {"--num_recycles=3"},
    {"--num_diffusion_samples=1"},
    {"--num_seeds=2"},
    {"--save_embeddings"},
    {"--save_distogram"},
    {"--nosave_terms_of_use"},
    {"--force_output_dir"},
    {"--compress_large_output_files"},
};

TEST_F(ProgramTest, EveryFlagOfAlphaFold3IsTaken) {
  EXPECT_EQ(kReferenceFlags.size(), 50U);
  for (const ReferenceFlag& reference : kReferenceFlags) {
    const Run run = pleat(kChecked + reference.flag + " " + reference.flag);
    EXPECT_EQ(run.status, 0) << run.err;
    const bool noted = run.err.find("has no effect") != std::string::npos;
    EXPECT_EQ(noted, reference.effect == Effect::none) << reference.flag;
    const auto once = run.err.rfind("has no effect");
    EXPECT_EQ(run.err.find("has no effect"), once) << reference.flag << " is noted more than once";
  }
}

// The terms of official parameters go with all results. The demo's weights have none; under another identifier they
// count as official.
TEST_F(ProgramTest, TermsGoWithResultsOfOfficialParameters) {
  write_file(folder_ / "job.json",
             R"({"name": "job", "modelSeeds": [5], "dialect": "alphafold3", "version": 4,
    "sequences": [{"ligand": {"id": "L", "ccdCodes": ["ZN"]}}]})");
  std::string weights = read_text_file(test::kSmallWeights / "demo.bin.zst");
  weights.replace(weights.find("pleat demo"), 10, "some other");
  write_file(folder_ / "official" / "af3.bin.zst", zstd_compress(weights));
  const std::string line =
      "predict --json_path job.json --num_recycles=1 --num_diffusion_samples=1 --num_diffusion_steps=1 "
      "--output_dir ";
  const auto cif = [&](const std::string& folder) {
    return read_file(folder_ / folder / "job" / "job_model.cif");
  };
  const std::string missing = "official/OUTPUT_TERMS_OF_USE.md is missing", url = "/OUTPUT_TERMS_OF_USE.md";

  EXPECT_THAT(pleat(line + "demo --model_dir=demo").err, Not(HasSubstr("TERMS_OF_USE")));
  EXPECT_THAT(cif("demo"), Not(HasSubstr(url)));
  EXPECT_THAT(pleat(line + "bare --model_dir=official").err, HasSubstr(missing));
  EXPECT_THAT(cif("bare"), HasSubstr(url));
  EXPECT_THAT(pleat(line + "silent --model_dir=official --nosave_terms_of_use").err, Not(HasSubstr(missing)));
  EXPECT_THAT(cif("silent"), Not(HasSubstr(url)));
  write_file(folder_ / "official" / "OUTPUT_TERMS_OF_USE.md", "the terms");
  EXPECT_THAT(pleat(line + "whole --model_dir=official").err, Not(HasSubstr(missing)));
  EXPECT_THAT(cif("whole"), HasSubstr(url));
  EXPECT_EQ(read_file(folder_ / "whole" / "job" / "TERMS_OF_USE.md"), "the terms");
}

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
