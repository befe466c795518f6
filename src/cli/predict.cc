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
#include "cli/reference_lines.h"
#include "cli/search_run.h"
#include "cli/stage_clock.h"
#include "featurise/featurise.h"
#include "input/read_input.h"
#include "model/model.h"
#include "output/output.h"
#include "report/page.h"

namespace pleat::cli {
namespace {

constexpr const char* kOutputTerms =
    "https://github.com/google-deepmind/alphafold3/blob/main/OUTPUT_TERMS_OF_USE.md";

struct PredictFlags {
  JobFlags jobs;
  std::string features_dir;
  bool run_data_pipeline = true, run_inference = true, save_terms_of_use = true, report = true;
  SearchFlags search;
  FeatureFlags features;
  ModelFlags model;
  JaxFlags jax;
  output::OutputOptions output;
  bool as_alphafold3 = false;  // print AlphaFold 3's lines on stdout

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
             "Folder of NAME_seed-S_features.npz to use instead of computing features")
      ->type_name("FOLDER");
  line.group("Results");
  line.boolean("report", report, "Write NAME_report.html, a page that shows the results");
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
  void infer(const input::FoldInput& input, output::JobWriter& writer, StageClock& clock,
             ReferenceLines& lines);
  void load_terms_of_use(bool official);
  void write_report(const fs::path& folder) const;

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
  flags_.output.model_identifier = parameters.are_made_up() ? parameters.source() : parameters.identifier();
  load_terms_of_use(!parameters.are_made_up());
  model_.emplace(std::move(parameters), flags_.model.precision, *ops_);
  flags_.model.options.keep_distogram = flags_.output.save_distogram;
  flags_.model.options.keep_pair_embeddings = flags_.output.save_embeddings;
}

void Predictor::load_terms_of_use(bool official) {
  if (!flags_.save_terms_of_use) return;
  const fs::path terms = fs::path(expand_home(flags_.model.model_dir)) / "OUTPUT_TERMS_OF_USE.md";
  if (fs::exists(terms)) flags_.output.terms_of_use = read_file(terms);
  if (!official) return;
  flags_.output.terms_url = kOutputTerms;
  if (!flags_.output.terms_of_use)
    log_warning(
        "{} is missing, so the results get no TERMS_OF_USE.md. AlphaFold 3 asks that its terms of use go "
        "with "
        "all predictions. Put the file from {} there.",
        terms.string(), kOutputTerms);
}

// The results are there without it: what keeps the page from being made is a warning.
void Predictor::write_report(const fs::path& folder) const {
  try {
    log_info("Report in {}.", report::write_page(folder, ccd_).string());
  } catch (const Error& error) {
    log_warning("warning: the report is not written: {}", error.what());
  }
}

int Predictor::run_all(Jobs jobs) {
  if (search_) search_->search(incomplete_jobs(jobs.good), pool_.size());
  const size_t count = jobs.good.size() + jobs.refused.size();
  const int failures = run_jobs(std::move(jobs), [this](input::FoldInput input) { run(std::move(input)); });
  ReferenceLines::all_end(flags_.as_alphafold3, count - static_cast<size_t>(failures));
  return failures;
}

void Predictor::run(input::FoldInput input) {
  log_info("Job {} starts.", input.name);
  StageClock clock;
  ReferenceLines lines(flags_.as_alphafold3, input);
  lines.job_starts(flags_.run_data_pipeline);
  if (search_) input = clock.time("search", [&] { return search_->complete(input); });
  output::JobWriter writer(input, flags_.jobs.output_dir, flags_.output);
  lines.folder(writer.folder(), fs::path(flags_.jobs.output_dir) / input.sanitised_name());
  lines.data_json(writer.write_data_json());
  if (flags_.run_inference)
    infer(input, writer, clock, lines);
  else
    lines.no_inference();
  log_info("Job {} is done, in {}: {}", input.name, writer.folder().string(), clock.report());
  lines.job_ends(writer.folder());
}

void Predictor::infer(const input::FoldInput& input, output::JobWriter& writer, StageClock& clock,
                      ReferenceLines& lines) {
  const auto ccd = components_of(input, ccd_);
  log_info("Features of all seeds.");
  lines.inference_starts();
  SeedFeatures features = clock.time("features", [&] { return SeedFeatures(input, *ccd, flags_, pool_); });
  for (const uint32_t seed : input.seeds) {
    log_info("Seed {}: features.", seed);
    lines.features_start(seed);
    const featurise::Batch& batch =
        clock.time("features", [&]() -> const featurise::Batch& { return features.for_seed(seed); });
    lines.features_end(seed);
    log_info("Seed {}: network, {} tokens.", seed, batch.tokens);
    lines.network_starts(seed);
    const model::Prediction prediction = clock.time(
        "network", [&] { return model_->predict(batch, seed, flags_.model.options, logged_progress()); });
    lines.network_ends(seed);
    lines.outputs_start(seed);
    clock.time("outputs",
               [&] { writer.write_seed(seed, prediction, features.layout(), batch.frames_mask, *ccd); });
    lines.outputs_end(seed, prediction.samples());
  }
  lines.inference_ends();
  const double best = clock.time("outputs", [&] { return writer.finish(); });
  log_info("Best ranking score {:.4f}.", best);
  if (flags_.report) clock.time("report", [&] { write_report(writer.folder()); });
}

}  // namespace

namespace {

int predict_as(const std::string& command, bool as_alphafold3, const Arguments& arguments) {
  PredictFlags flags;
  flags.as_alphafold3 = as_alphafold3;
  flags.report = !as_alphafold3;  // its callers expect AlphaFold 3's files
  CommandLine line(command, "Predicts the structures of the jobs in an input JSON or a folder of them.");
  flags.declare(line);
  line.example("pleat " + command + " --json_path job.json --output_dir results",
               "Search for what the job lacks, predict, and write the results to results/NAME/.");
  line.example(
      "pleat " + command + " --json_path searched/job/job_data.json --output_dir results --num_seeds 5",
      "Predict with five seeds, from MSAs and templates that pleat search has found.");
  line.example("pleat " + command + " --input_dir jobs --output_dir results --norun_data_pipeline",
               "Predict all jobs of a folder. Their inputs hold all MSAs and templates.");
  if (!line.parse(arguments)) return as_alphafold3 && line.helped() ? kFailure : kSuccess;
  flags.check();
  const auto ccd = open_ccd(flags.features.ccd);
  Jobs jobs = accept_jobs(flags.jobs.read({ccd, flags.features.options, flags.check_chain()}));
  if (jobs.good.empty()) return kFailure;
  Predictor predictor(flags, ccd);
  flags.jobs.make_output_dir();
  return predictor.run_all(std::move(jobs)) == 0 ? kSuccess : kFailure;
}

}  // namespace

int predict(const Arguments& arguments) { return predict_as("predict", false, arguments); }

// absl ends a program with 1 after its help and after a command line that is wrong.
int run_alphafold(const Arguments& arguments) {
  try {
    return predict_as("run_alphafold", true, arguments);
  } catch (const UsageError& error) {
    report_error(error.what());
    return kFailure;
  }
}

}  // namespace pleat::cli
