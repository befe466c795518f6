// pleat predict: input JSON to structures and confidences. Flags as run_alphafold.py's; specs/outputs.md 4.
#include <fmt/format.h>

#include "base/cpu.h"
#include "base/error.h"
#include "base/log.h"
#include "base/thread_pool.h"
#include "cli/commands.h"
#include "cli/data_pipeline.h"
#include "cli/flags.h"
#include "cli/jobs.h"
#include "cli/progress.h"
#include "cli/stage_clock.h"
#include "featurise/featurise.h"
#include "input/read_input.h"
#include "model/model.h"
#include "output/output.h"

namespace pleat::cli {
namespace {

struct PredictFlags {
  std::string json_path, input_dir, output_dir, features_dir;
  bool run_data_pipeline = true, run_inference = true, save_terms_of_use = true;
  std::optional<int> num_seeds;
  FeatureFlags features;
  ModelFlags model;
  OutputOptions output;

  void declare(CommandLine& line);
  void check() const;
};

void PredictFlags::declare(CommandLine& line) {
  line.value("json_path", json_path, "Input JSON");
  line.value("input_dir", input_dir, "Folder of input JSONs (goes before --json_path)");
  line.value("output_dir", output_dir, "Folder for the results")->required();
  line.boolean("run_data_pipeline", run_data_pipeline, "Complete MSAs and templates");
  line.boolean("run_inference", run_inference, "Run the network");
  model.declare(line, 1);
  line.value("num_seeds", num_seeds, "Use this many seeds (at least 2), counted up from the JSON's only one")
      ->check(at_least(1));
  features.declare(line);
  line.value("features", features_dir,
             "Folder of NAME_seed-S_features.npz to use instead of computing features");
  line.boolean("save_embeddings", output.save_embeddings, "Also write the trunk's embeddings");
  line.boolean("save_distogram", output.save_distogram, "Also write the distogram");
  line.boolean("save_terms_of_use", save_terms_of_use, "Write the terms of use beside the results");
  line.boolean("force_output_dir", output.force_output_dir,
               "Write into a job's folder even if it holds files");
  line.boolean("compress_large_output_files", output.compress_large_output_files,
               "Compress mmCIF and confidence files with zstd");
}

void PredictFlags::check() const {
  if (json_path.empty() && input_dir.empty()) throw UsageError("give --json_path or --input_dir");
  if (!run_data_pipeline && !run_inference) {
    throw UsageError("--norun_data_pipeline and --norun_inference leave nothing to do");
  }
}

// The one seed and those that follow it.
void expand_seeds(FoldInput& input, int num_seeds) {
  if (num_seeds < 2) throw Error("--num_seeds", "found 1", "Give at least 2, or leave the flag out.");
  if (input.seeds.size() != 1) {
    throw Error("--num_seeds", fmt::format("the job has {} seeds", input.seeds.size()),
                "It goes with a single seed in modelSeeds.");
  }
  const uint64_t first = input.seeds[0];
  if (first + num_seeds - 1 > UINT32_MAX) {
    throw Error("--num_seeds", fmt::format("{} seeds from {} on pass 4294967295", num_seeds, first));
  }
  for (int i = 1; i < num_seeds; ++i) input.seeds.push_back(static_cast<uint32_t>(first + i));
}

// What all jobs of a run share.
class Predictor {
 public:
  explicit Predictor(PredictFlags flags);
  std::vector<JobReading> read(const fs::path& file) const {
    return read_checked_jobs(file, ccd_, flags_.features.options);
  }
  void run(FoldInput input);

 private:
  Features features(const FoldInput& input, const Ccd& ccd, uint32_t seed) const;
  void infer(const FoldInput& input, JobWriter& writer, StageClock& clock);
  void load_terms_of_use();

  PredictFlags flags_;
  ThreadPool pool_;
  std::shared_ptr<const Ccd> ccd_;
  std::optional<Parameters> parameters_;
  std::optional<Model> model_;
};

Predictor::Predictor(PredictFlags flags)
    : flags_(std::move(flags)),
      pool_(flags_.model.threads > 0 ? flags_.model.threads : usable_cores()),
      ccd_(flags_.features.open_ccd()) {
  if (!flags_.run_inference) return;
  parameters_ = flags_.model.load_parameters();
  model_.emplace(*parameters_, flags_.model.precision, pool_);
  flags_.output.model_identifier = parameters_->identifier();
  load_terms_of_use();
}

void Predictor::load_terms_of_use() {
  const fs::path terms = fs::path(expand_home(flags_.model.model_dir)) / "OUTPUT_TERMS_OF_USE.md";
  if (flags_.save_terms_of_use && fs::exists(terms)) flags_.output.terms_of_use = read_file(terms);
}

void Predictor::run(FoldInput input) {
  log_info("Job {} starts.", input.name);
  StageClock clock;
  if (flags_.num_seeds) expand_seeds(input, *flags_.num_seeds);
  if (flags_.run_data_pipeline) input = complete_without_search(std::move(input));
  require_complete(input);
  JobWriter writer(input, flags_.output_dir, flags_.output);
  writer.write_data_json();
  if (flags_.run_inference) infer(input, writer, clock);
  log_info("Job {} is done, in {}: {}", input.name, writer.folder().string(), clock.report());
}

void Predictor::infer(const FoldInput& input, JobWriter& writer, StageClock& clock) {
  const auto ccd = input.user_ccd ? Ccd::with_user_ccd(ccd_, *input.user_ccd) : ccd_;
  for (const uint32_t seed : input.seeds) {
    log_info("Seed {}: features.", seed);
    const Features made = clock.time("features", [&] { return features(input, *ccd, seed); });
    log_info("Seed {}: network, {} tokens.", seed, made.batch.tokens);
    const Prediction prediction = clock.time("network", [&] {
      return model_->predict(made.batch, seed, flags_.model.options, logged_progress());
    });
    clock.time("outputs",
               [&] { writer.write_seed(seed, prediction, made.layout, made.batch.frames_mask, *ccd); });
  }
  const double best = clock.time("outputs", [&] { return writer.finish(); });
  log_info("Best ranking score {:.4f}.", best);
}

Features Predictor::features(const FoldInput& input, const Ccd& ccd, uint32_t seed) const {
  if (flags_.features_dir.empty()) return featurise(input, ccd, seed, flags_.features.options);
  const fs::path file =
      fs::path(flags_.features_dir) / fmt::format("{}_seed-{}_features.npz", input.sanitised_name(), seed);
  Features read{read_features(file), structure_layout(input, ccd, flags_.features.options)};
  const auto tokens = static_cast<int64_t>(read.layout.tokens.size());
  if (read.batch.tokens != tokens) {
    throw Error(file.string(), fmt::format("it has {} tokens, the job {}", read.batch.tokens, tokens),
                "Make the features anew from this input.");
  }
  return read;
}

}  // namespace

int predict(const Arguments& arguments) {
  PredictFlags flags;
  CommandLine line("predict", "Predicts the structures of the jobs in an input JSON or a folder of them.");
  flags.declare(line);
  if (!line.parse(arguments)) return kSuccess;
  flags.check();
  const auto files =
      flags.input_dir.empty() ? std::vector<fs::path>{flags.json_path} : json_files(flags.input_dir);
  Predictor predictor(flags);
  std::error_code error;
  fs::create_directories(flags.output_dir, error);
  if (error) throw Error(flags.output_dir, "the folder can't be made: " + error.message());
  const int failures = run_jobs(
      files, [&](const fs::path& file) { return predictor.read(file); },
      [&](FoldInput input) { predictor.run(std::move(input)); });
  return failures == 0 ? kSuccess : kFailure;
}

}  // namespace pleat::cli
