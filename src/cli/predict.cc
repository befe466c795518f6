// pleat predict: input JSON to structures and confidences. Flags as run_alphafold.py's;
// docs/specs/outputs.md, section 4.
#include <fmt/format.h>

#include "base/cpu.h"
#include "base/error.h"
#include "base/log.h"
#include "base/thread_pool.h"
#include "cli/commands.h"
#include "cli/flags.h"
#include "cli/job_flags.h"
#include "cli/jobs.h"
#include "cli/progress.h"
#include "cli/search_run.h"
#include "cli/stage_clock.h"
#include "featurise/featurise.h"
#include "input/read_input.h"
#include "model/model.h"
#include "output/output.h"

namespace pleat::cli {
namespace {

struct PredictFlags {
  JobFlags jobs;
  std::string features_dir;
  bool run_data_pipeline = true, run_inference = true, save_terms_of_use = true;
  SearchFlags search;
  FeatureFlags features;
  ModelFlags model;
  JaxFlags jax;
  output::OutputOptions output;

  void declare(CommandLine& line);
  void check() const;
  // Finds what a chain lacks for this run.
  CompletenessCheck check_chain() const;
};

void PredictFlags::declare(CommandLine& line) {
  jobs.declare(line);
  line.group("Stages");
  line.boolean("run_data_pipeline", run_data_pipeline, "Complete MSAs and templates");
  line.boolean("run_inference", run_inference, "Run the network");
  model.declare(line, 1);
  features.declare(line);
  line.value("features", features_dir,
             "Folder of NAME_seed-S_features.npz to use instead of computing features");
  line.group("Results");
  line.boolean("save_embeddings", output.save_embeddings, "Also write the trunk's embeddings");
  line.boolean("save_distogram", output.save_distogram, "Also write the distogram");
  line.boolean("save_terms_of_use", save_terms_of_use, "Write the terms of use beside the results");
  line.boolean("compress_large_output_files", output.compress_large_output_files,
               "Compress mmCIF and confidence files with zstd");
  search.declare(line);
  jax.declare(line);
}

void PredictFlags::check() const {
  jobs.check();
  if (!run_data_pipeline && !run_inference) {
    throw UsageError("--norun_data_pipeline and --norun_inference leave nothing to do");
  }
}

CompletenessCheck PredictFlags::check_chain() const {
  if (!run_data_pipeline) return input::check_complete;
  return [config = search.config()](const input::Chain& chain, Findings& found) {
    search::check_given(chain, config, found);
  };
}

// The features of a job's seeds, made here or read from the folder of --features.
class SeedFeatures {
 public:
  // All four must outlive this.
  SeedFeatures(const input::FoldInput& input, const chem::Ccd& ccd, const PredictFlags& flags,
               ThreadPool& pool);

  const featurise::StructureLayout& layout() const { return made_ ? made_->layout() : layout_; }
  // Until the next call.
  const featurise::Batch& for_seed(uint32_t seed);

 private:
  featurise::Batch read(uint32_t seed) const;

  const input::FoldInput& input_;
  const PredictFlags& flags_;
  std::optional<featurise::JobFeatures> made_;
  featurise::StructureLayout layout_;  // of features that are read
  featurise::Batch read_;
};

SeedFeatures::SeedFeatures(const input::FoldInput& input, const chem::Ccd& ccd, const PredictFlags& flags,
                           ThreadPool& pool)
    : input_(input), flags_(flags) {
  if (flags.features_dir.empty()) {
    made_.emplace(input, ccd, flags.features.options, pool);
  } else {
    layout_ = featurise::structure_layout(input, ccd, flags.features.options);
  }
}

const featurise::Batch& SeedFeatures::for_seed(uint32_t seed) {
  return made_ ? made_->for_seed(seed) : read_ = read(seed);
}

featurise::Batch SeedFeatures::read(uint32_t seed) const {
  const fs::path file =
      fs::path(flags_.features_dir) / fmt::format("{}_seed-{}_features.npz", input_.sanitised_name(), seed);
  featurise::Batch batch = featurise::read_features(file);
  const auto tokens = static_cast<int64_t>(layout_.tokens.size());
  if (batch.tokens != tokens) {
    throw Error(file.string(), fmt::format("it has {} tokens, the job {}", batch.tokens, tokens),
                "Make the features anew from this input.");
  }
  return batch;
}

// What all jobs of a run share.
class Predictor {
 public:
  Predictor(PredictFlags flags, std::shared_ptr<const chem::Ccd> ccd);
  // Returns how many jobs failed. All searches of all jobs come first.
  int run_all(Jobs jobs);

 private:
  void run(input::FoldInput input);
  void infer(const input::FoldInput& input, output::JobWriter& writer, StageClock& clock);
  void load_terms_of_use();

  PredictFlags flags_;
  ThreadPool pool_;
  std::unique_ptr<ops::Backend> ops_;
  std::optional<SearchRun> search_;
  std::shared_ptr<const chem::Ccd> ccd_;
  std::optional<model::Model> model_;
};

Predictor::Predictor(PredictFlags flags, std::shared_ptr<const chem::Ccd> ccd)
    : flags_(std::move(flags)),
      pool_(flags_.model.threads > 0 ? flags_.model.threads : usable_cores()),
      ccd_(std::move(ccd)) {
  flags_.output.force_output_dir = flags_.jobs.force_output_dir;
  if (flags_.run_data_pipeline) search_.emplace(flags_.search, flags_.features.options.max_template_date);
  if (!flags_.run_inference) return;
  ops_ = flags_.model.open(pool_);
  weights::Parameters parameters = flags_.model.load_parameters(pool_, *ops_);
  flags_.output.model_identifier = parameters.identifier();
  model_.emplace(std::move(parameters), flags_.model.precision, *ops_);
  flags_.model.options.keep_distogram = flags_.output.save_distogram;
  flags_.model.options.keep_pair_embeddings = flags_.output.save_embeddings;
  load_terms_of_use();
}

void Predictor::load_terms_of_use() {
  const fs::path terms = fs::path(expand_home(flags_.model.model_dir)) / "OUTPUT_TERMS_OF_USE.md";
  if (flags_.save_terms_of_use && fs::exists(terms)) flags_.output.terms_of_use = read_file(terms);
}

int Predictor::run_all(Jobs jobs) {
  if (search_) search_->search(incomplete_jobs(jobs.good), pool_.size());
  return run_jobs(std::move(jobs), [this](input::FoldInput input) { run(std::move(input)); });
}

void Predictor::run(input::FoldInput input) {
  log_info("Job {} starts.", input.name);
  StageClock clock;
  if (search_) input = clock.time("search", [&] { return search_->complete(input); });
  output::JobWriter writer(input, flags_.jobs.output_dir, flags_.output);
  writer.write_data_json();
  if (flags_.run_inference) infer(input, writer, clock);
  log_info("Job {} is done, in {}: {}", input.name, writer.folder().string(), clock.report());
}

void Predictor::infer(const input::FoldInput& input, output::JobWriter& writer, StageClock& clock) {
  const auto ccd = components_of(input, ccd_);
  log_info("Features of all seeds.");
  SeedFeatures features = clock.time("features", [&] { return SeedFeatures(input, *ccd, flags_, pool_); });
  for (const uint32_t seed : input.seeds) {
    log_info("Seed {}: features.", seed);
    const featurise::Batch& batch =
        clock.time("features", [&]() -> const featurise::Batch& { return features.for_seed(seed); });
    log_info("Seed {}: network, {} tokens.", seed, batch.tokens);
    const model::Prediction prediction = clock.time(
        "network", [&] { return model_->predict(batch, seed, flags_.model.options, logged_progress()); });
    clock.time("outputs",
               [&] { writer.write_seed(seed, prediction, features.layout(), batch.frames_mask, *ccd); });
  }
  const double best = clock.time("outputs", [&] { return writer.finish(); });
  log_info("Best ranking score {:.4f}.", best);
}

}  // namespace

int predict(const Arguments& arguments) {
  PredictFlags flags;
  CommandLine line("predict", "Predicts the structures of the jobs in an input JSON or a folder of them.");
  flags.declare(line);
  if (!line.parse(arguments)) return kSuccess;
  flags.check();
  const auto ccd = flags.features.open_ccd();
  Jobs jobs = accept_jobs(flags.jobs.read({ccd, flags.features.options, flags.check_chain()}));
  if (jobs.good.empty()) return kFailure;
  Predictor predictor(flags, ccd);
  flags.jobs.make_output_dir();
  return predictor.run_all(std::move(jobs)) == 0 ? kSuccess : kFailure;
}

}  // namespace pleat::cli
