// pleat bench and pleat estimate as typed.
#include <gmock/gmock.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>

#include "tests/cli/program.h"
#include "tests/support.h"

namespace pleat::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

using BenchTest = ProgramTest;

const std::string kJob =
    R"({"name": "job", "modelSeeds": [5, 6], "dialect": "alphafold3", "version": 4, "sequences": [
  {"protein": {"id": "A", "sequence": "MKSTYV", "unpairedMsa": ">q\nMKSTYV\n>r\nMKS-YV\n", "pairedMsa": "",
               "templates": []}}, {"ligand": {"id": "C", "ccdCodes": ["ATP"]}}]})";

// The rows of the figures: every part is there, and each number can be one.
TEST_F(BenchTest, MeasuresEveryPart) {
  const Run run =
      pleat("bench --tokens 16 --samples 1 --isa avx2 --parts kernels,block,step --json figures.json");
  ASSERT_EQ(run.status, 0) << run.err;
  EXPECT_THAT(run.out, HasSubstr("trunk block"));
  const auto document = nlohmann::json::parse(read_file(folder_ / "figures.json"));
  for (const char* field : {"program", "machine"})
    EXPECT_FALSE(document.at(field).get<std::string>().empty());
  for (const char* field : {"cores", "threads"}) EXPECT_GE(document.at(field).get<int>(), 1);
  ASSERT_EQ(document.at("peaks").size(), 1u);
  const auto& peak = document["peaks"][0];
  EXPECT_EQ(peak.at("isa"), "avx2");
  EXPECT_EQ(peak.at("arithmetic"), "float32");
  EXPECT_GT(peak.at("one_thread_gflops").get<double>(), 1);
  EXPECT_GT(peak.at("all_threads_gflops").get<double>(), 1);

  std::map<std::string, int> parts;
  for (const auto& figure : document.at("figures")) {
    ++parts[figure.at("part")];
    EXPECT_EQ(figure.at("isa"), "avx2");
    EXPECT_EQ(figure.at("arithmetic"), "float32");
    EXPECT_EQ(figure.at("tokens").is_null(), figure["part"] == "kernels");
    EXPECT_GT(figure.at("seconds").get<double>(), 0) << figure;
    EXPECT_NEAR(figure.at("gflops").get<double>() * figure["seconds"].get<double>(),
                figure.at("gflop").get<double>(), 1e-6 * figure["gflop"].get<double>());
    EXPECT_GE(figure.at("runs").get<int>(), 3) << figure;
    EXPECT_GT(figure.at("least_peak_gflops").get<double>(), 0) << figure;
    if (figure.at("share_of_peak").is_null()) {
      EXPECT_TRUE(figure.at("disturbed").get<bool>()) << figure;
    } else {
      EXPECT_GT(figure["share_of_peak"].get<double>(), 0) << figure;
      EXPECT_LE(figure["share_of_peak"].get<double>(), 1) << figure;
    }
    EXPECT_FALSE(figure.at("what").get<std::string>().empty());
  }
  EXPECT_EQ(parts, (std::map<std::string, int>{{"kernels", 11}, {"block", 1}, {"step", 2}}));
}

TEST_F(BenchTest, RefusesWhatItCanNotMeasure) {
  for (const auto& [arguments, message] : std::map<std::string, std::string>{
           {"--tokens 0", "found '0' where positive integers"},
           {"--tokens 64,32", "increasing order"},
           {"--tokens many", "found 'many'"},
           {"--isa sse2", "found 'sse2'; choose from avx2"},
           {"--parts kernels,blocks", "found 'blocks'; choose from kernels, block"},
           {"--samples 0", "found '0' where an integer of at least 1"},
           {"--precision half", "half"}}) {
    const Run run = pleat("bench " + arguments);
    EXPECT_EQ(run.status, 2) << arguments;
    EXPECT_THAT(run.err, HasSubstr(message));
    EXPECT_EQ(std::count(run.err.begin(), run.err.end(), '\n'), 1) << run.err;
  }
  const Run run = pleat("bench --tokens 1000000");
  EXPECT_EQ(run.status, 1);
  EXPECT_THAT(run.err, HasSubstr("--tokens: 1000000 tokens need"));
}

// The small network on the emulation: every part gives its figures, and the parts give whole runs.
TEST_F(BenchTest, MeasuresAGpu) {
  const Run run = pleat(
      "bench --device cuda_emulated --model_dir demo --tokens 7 --samples 1 --precision tf32 "
      "--parts kernels,block,step,confidence,run --json figures.json");
  ASSERT_EQ(run.status, 0) << run.err;
  const auto document = nlohmann::json::parse(read_file(folder_ / "figures.json"));
  ASSERT_EQ(document.at("device_peaks").size(), 1u);
  for (const char* rate : {"bfloat16_tflops", "tf32_tflops", "float32_tflops", "gigabytes_a_second"})
    EXPECT_GT(document["device_peaks"][0].at(rate).get<double>(), 0) << rate;
  std::map<std::string, int> parts;
  std::vector<double> runs;
  for (const auto& figure : document.at("device_figures")) {
    ++parts[figure.at("part")];
    EXPECT_GE(figure.at("gigaexponentials").get<double>(), 0);
    for (const char* field : {"seconds", "tflop", "gigabytes", "share_of_peak", "share_of_bound"})
      EXPECT_GT(figure.at(field).get<double>(), 0) << field << " of " << figure;
    EXPECT_EQ(figure.at("arithmetic"),
              figure["what"].get<std::string>().starts_with("token") || figure["part"] == "step"
                  ? "tf32"
                  : "bfloat16");
    if (figure["part"] != "run") continue;
    EXPECT_EQ(figure.at("runs"), 0);
    runs.push_back(figure["seconds"]);
  }
  EXPECT_EQ(parts, (std::map<std::string, int>{
                       {"kernels", 6}, {"block", 1}, {"step", 2}, {"confidence", 1}, {"run", 5}}));
  EXPECT_TRUE(std::is_sorted(runs.begin(), runs.end()));
  ASSERT_EQ(document.at("memory").size(), 3u);
  for (const auto& memory : document["memory"]) EXPECT_GT(memory.at("measured_bytes").get<double>(), 0);
}

TEST_F(BenchTest, WithoutAGpuThereIsOneError) {
  ::setenv("PLEAT_CUDA_DRIVER", "/no/driver", 1);
  const Run run = pleat("bench --device cuda");
  ::unsetenv("PLEAT_CUDA_DRIVER");
  EXPECT_EQ(run.status, 1);
  EXPECT_THAT(run.err, HasSubstr("--device cuda: there is no usable GPU"));
  EXPECT_EQ(std::count(run.err.begin(), run.err.end(), '\n'), 1) << run.err;
  EXPECT_EQ(run.out, "");
}

TEST_F(BenchTest, EachDeviceHasItsParts) {
  for (const auto& [arguments, message] : std::map<std::string, std::string>{
           {"--parts confidence", "--parts: 'confidence' is not measured on the CPU"},
           {"--device cuda_emulated --parts search", "--parts: 'search' is not measured on the GPU"},
           {"--precision tf32", "--precision tf32: the processor does not multiply TF32"},
           {"--device cuda_emulated --model_dir demo --parts block --tokens 2000 --max_device_memory 600M",
            "--tokens: a trunk block at 2000 tokens needs"}}) {
    const Run run = pleat("bench " + arguments);
    EXPECT_EQ(run.status, 1) << arguments;
    EXPECT_THAT(run.err, HasSubstr(message));
  }
}

// One measurement, in place of a damaged one; the next estimate takes it from the cache.
TEST_F(BenchTest, EstimatesBeforeAnythingRuns) {
  write_file(folder_ / "job.json", kJob);
  const fs::path cache = folder_ / "cache" / "pleat" / "calibration.json";
  write_file(cache, R"({"calibrations": [{"machine": )");
  ::setenv("XDG_CACHE_HOME", (folder_ / "cache").c_str(), 1);
  const Run first = pleat("estimate job.json --num_recycles 3");
  ASSERT_EQ(first.status, 0) << first.err;
  EXPECT_THAT(first.err, HasSubstr("pleat measures this machine; it does this once"));
  EXPECT_THAT(first.out, HasSubstr("job.json: $ job\n  37 tokens, "));
  EXPECT_THAT(first.out, HasSubstr("bucket 128; 2 seeds\n  MSA of 2 rows, 0 templates\n"));
  for (const char* stage : {"memory", "features", "trunk", "diffusion", "confidence", "per seed", "total"})
    EXPECT_THAT(first.out, HasSubstr(std::string("\n  ") + stage));

  const auto kept = nlohmann::json::parse(read_file(cache)).at("calibrations");
  ASSERT_EQ(kept.size(), 1u);
  const Run again = pleat("estimate job.json --num_recycles 3");
  EXPECT_THAT(again.err, Not(HasSubstr("Measuring")));
  EXPECT_EQ(again.out, first.out);
  const Run longer = pleat("estimate job.json --num_recycles 30");
  EXPECT_NE(longer.out, first.out);

  EXPECT_EQ(pleat("estimate job.json --num_recycles 3 --model_dir synthetic:7").out, first.out)
      << "has the official sizes";
  EXPECT_EQ(pleat("estimate job.json --model_dir no_such_folder").status, 1);
  const Run small = pleat("estimate job.json --num_recycles 3 --max_memory 1G --model_dir demo");
  ASSERT_EQ(small.status, 0) << small.err;
  EXPECT_THAT(small.out, HasSubstr("\n  memory      87 MiB (reading parameters 87 MiB"));
  EXPECT_THAT(small.out, Not(HasSubstr("predict will refuse the job")));
  EXPECT_THAT(pleat("estimate job.json --max_memory 1G").out, HasSubstr("predict will refuse the job"));
}

TEST_F(BenchTest, EstimateRefusesWhatValidateRefuses) {
  std::string text = kJob;
  text.replace(text.find("ATP"), 3, "NOPE");
  write_file(folder_ / "job.json", text);
  const Run run = pleat("estimate job.json");
  EXPECT_EQ(run.status, 1);
  EXPECT_THAT(run.err,
              HasSubstr("pleat: error: job.json: $.sequences[1].ligand.ccdCodes[0]: the chemical component"));
  EXPECT_EQ(pleat("estimate").status, 2);
}

}  // namespace
}  // namespace pleat::cli
