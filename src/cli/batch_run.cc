#include "cli/batch_run.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <thread>
#include <utility>

#include "base/cpu.h"
#include "base/error.h"
#include "base/log.h"
#include "base/memory.h"
#include "batch/attempts.h"
#include "batch/checksum.h"
#include "batch/disk.h"
#include "cli/commands.h"
#include "cli/stage_clock.h"
#include "featurise/chemistry_checks.h"
#include "input/read_input.h"
#include "report/page.h"

namespace pleat::cli {
namespace {

constexpr const char* kOutputTerms =
    "https://github.com/google-deepmind/alphafold3/blob/main/OUTPUT_TERMS_OF_USE.md";

std::string weights_checksum(const weights::Parameters& parameters) {
  batch::Checksum sum;
  for (const weights::Parameter& p : parameters.all()) {
    sum.add(fmt::format("{} {} {}\n", p.full_name(), fmt::join(p.shape, ","), static_cast<int>(p.dtype)));
    sum.add(p.bytes);
  }
  return sum.digits();
}

struct ClearAtEnd {
  ProgressLine& line;
  ~ClearAtEnd() { line.clear(); }
};

const batch::Expected::Seed& expected_seed(const batch::Expected& expected, uint32_t seed) {
  return *std::find_if(expected.seeds.begin(), expected.seeds.end(),
                       [&](const auto& s) { return s.seed == seed; });
}

}  // namespace

BatchRun::BatchRun(BatchFlags flags)
    : flags_(std::move(flags)),
      events_(flags_.log_json),
      pool_(flags_.model.threads > 0 ? flags_.model.threads : usable_cores()),
      ccd_(open_ccd(flags_.features.ccd)),
      progress_(events_, interrupt_, flags_.finish_within) {
  flags_.output.force_output_dir = flags_.jobs.force_output_dir;
  flags_.jobs.number_equal_names = !flags_.features_dir.empty();
}

int BatchRun::run() { return flags_.jobs.watch ? watch() : run_all(); }

int BatchRun::run_all() {
  std::vector<input::JobReading> readings =
      flags_.jobs.read(flags_.jobs.files(), {ccd_, flags_.features.options, flags_.check_chain()});
  is_batch_ = flags_.jobs.is_batch(readings.size());
  const size_t count = readings.size();
  run_round(std::move(readings));
  return flags_.jobs.dry_run ? batch::exit_status(outcomes_.all().size(), count) : end(finish());
}

// What makes a job ready may search for a conformer, which nothing can stop. Once all results are written, the program
// does not wait for that.
int BatchRun::end(int status) const {
  constexpr std::chrono::seconds kPatience{3};
  if (!ready_ || ready_->rests_within(kPatience)) return status;
  std::cout.flush();
  std::fflush(nullptr);
  std::_Exit(status);
}

int BatchRun::watch() {
  is_batch_ = true;
  log_info("Watching {}; Ctrl-C ends that.", flags_.jobs.input_dir);
  while (!interrupt_.requested()) {
    const std::vector<fs::path> files = flags_.jobs.new_files();
    if (files.empty()) {
      constexpr std::chrono::milliseconds kPause{500};
      std::this_thread::sleep_for(kPause);
      continue;
    }
    run_round(flags_.jobs.read(files, {ccd_, flags_.features.options, flags_.check_chain()}));
    write_outcomes();
  }
  return end(finish());
}

void BatchRun::run_round(std::vector<input::JobReading> readings) {
  const auto count = static_cast<int64_t>(readings.size());
  Jobs jobs = accept_jobs(std::move(readings));
  events_.add("batch_start", {{"jobs", count}, {"refused", count - static_cast<int64_t>(jobs.good.size())}});
  for (const batch::Outcome& refused : jobs.outcomes.all()) {
    tell(refused);
    outcomes_.add(refused);
  }
  if (jobs.good.empty()) return;
  if (flags_.run_data_pipeline && !search_)
    search_.emplace(flags_.search, flags_.features.options.max_template_date, interrupt_.cancellation());
  if (flags_.run_inference && !engine_) open_network();
  planner_.emplace(flags_, ccd_, engine_ ? &*engine_ : nullptr);
  std::vector<Planned> planned = plan(std::move(jobs.good));
  if (flags_.jobs.dry_run) return print(planned);
  require_disk(planned);
  flags_.jobs.make_output_dir();
  if (parameters_) model_.emplace(*std::exchange(parameters_, std::nullopt), flags_.model.precision, *ops_);
  run_planned(std::move(planned));
}

// The results are there without it: what keeps the page from being made is a warning.
void BatchRun::write_report(const fs::path& folder) const {
  try {
    log_info("Report in {}.", report::write_page(folder, ccd_).string());
  } catch (const Error& error) {
    log_warning("warning: the report is not written: {}", error.what());
  }
}

void BatchRun::open_network() {
  ops_ = flags_.model.open(pool_);
  parameters_ = flags_.model.load_parameters(pool_, *ops_);
  const ops::Arithmetic arithmetic = flags_.model.precision;
  engine_ = {weights_checksum(*parameters_),
             parameters_->source(),
             {flags_.model.device_name(), name(active_isa()), name_of(arithmetic), pool_.size()},
             bench::network_of(*ops_, *parameters_, arithmetic)};
  flags_.output.model_identifier =
      parameters_->are_made_up() ? parameters_->source() : parameters_->identifier();
  flags_.model.options.keep_distogram = flags_.output.save_distogram;
  flags_.model.options.keep_pair_embeddings = flags_.output.save_embeddings;
  load_terms_of_use(!parameters_->are_made_up());
}

void BatchRun::load_terms_of_use(bool official) {
  if (!flags_.save_terms_of_use) return;
  const fs::path terms = fs::path(expand_home(flags_.model.model_dir)) / "OUTPUT_TERMS_OF_USE.md";
  if (fs::exists(terms)) flags_.output.terms_of_use = read_file(terms);
  if (!official) return;
  flags_.output.terms_url = kOutputTerms;
  if (!flags_.output.terms_of_use)
    log_warning(
        "{} is missing, so the results get no TERMS_OF_USE.md. AlphaFold 3 asks that its terms of "
        "use go with all predictions. Put the file from {} there.",
        terms.string(), kOutputTerms);
}

std::vector<BatchRun::Planned> BatchRun::plan(std::vector<Job> jobs) {
  std::vector<Planned> planned;
  for (Job& job : jobs) {
    JobPlan plan = planner_->plan(job.input);
    const bench::JobSize size = planner_->size(job.input);
    const double work = planner_->work(size, plan.left);
    planned.push_back({std::move(job), std::move(plan), size, work});
  }
  return planned;
}

void BatchRun::require_disk(const std::vector<Planned>& planned) const {
  if (!flags_.check_disk) return;
  int64_t needed = 0;
  for (const Planned& one : planned) needed += planner_->bytes(one.size, one.plan);
  batch::require_disk(flags_.jobs.output_dir, needed);
}

void BatchRun::print(const std::vector<Planned>& planned) const {
  size_t complete = 0;
  for (const Planned& one : planned) {
    complete += one.plan.left.nothing() ? 1 : 0;
    fmt::print("{}: {}{}\n", one.job.input.name, left_text(one.plan),
               one.plan.earlier ? ", in " + one.plan.earlier->folder.string() : "");
  }
  fmt::print("{} of {} jobs are complete.\n", complete, planned.size());
}

void BatchRun::run_planned(std::vector<Planned> planned) {
  ready_.reset();
  planned_ = std::move(planned);
  std::vector<double> work;
  for (const Planned& one : planned_) work.push_back(one.work);
  progress_.begin(std::move(work), is_batch_);
  searched_ = round_start_ = 0;
  next_round_ = flags_.run_inference ? 1 : planned_.size();
  ready_ = std::make_unique<batch::OneAhead<Ready>>(
      planned_.size(),
      [this](size_t i) {
        const ClearAtEnd clear{ahead_line_};
        search_for(planned_, i);
        return make_ready(planned_[i]);
      },
      [this](size_t i) { return fits_beside(planned_[i], planned_[i - 1]); });
  bool stopped = false;
  for (size_t i = 0; i < planned_.size(); ++i) {
    if (stopped) {
      stop(planned_[i]);
      continue;
    }
    progress_.begin_job(i);
    batch::Outcome outcome =
        run_job(planned_[i].job, [&](const Job&) { return run(planned_[i], *take_ready()); });
    stopped = outcome.fate == batch::Fate::stopped;
    note(planned_[i], outcome);
    tell(outcome);
    outcomes_.add(std::move(outcome));
    if (!stopped) planned_[i].job.input.chains = {};  // large jobs don't wait for the end of the run
  }
}

std::unique_ptr<BatchRun::Ready> BatchRun::take_ready() {
  std::unique_ptr<Ready> ready = ready_->take([this] { return interrupt_.requested(); });
  if (!ready) throw search::Cancelled();
  return ready;
}

// The first job starts the network early; then the searches of ever more jobs share their passes. A round of
// searches begins when the first job of the round before is ready, and goes on while that is worked on.
void BatchRun::search_for(const std::vector<Planned>& planned, size_t i) {
  const bool needed = i >= searched_, early = i > 0 && i - 1 == round_start_;
  if (!search_ || searched_ == planned.size() || !(needed || early)) return;
  const size_t count = std::min(next_round_, planned.size() - searched_);
  round_start_ = searched_;
  searched_ += count;
  next_round_ *= 2;
  search(std::span(planned).subspan(round_start_, count));
}

void BatchRun::search(std::span<const Planned> planned) {
  std::vector<input::FoldInput> incomplete;
  for (const Planned& one : planned)
    if (one.plan.left.data && is_incomplete(one.job.input)) incomplete.push_back(one.job.input);
  if (!incomplete.empty()) search_->search(incomplete, pool_.size(), flags_.part, ahead_line_);
}

bool BatchRun::fits_beside(const Planned& next, const Planned& before) const {
  if (!model_) return true;
  const auto memory = [&](const bench::JobSize& size) {
    return bench::memory_of(*ops_, engine_->network, size, flags_.model.precision, flags_.model.options);
  };
  constexpr int64_t kMaking = 2;  // times the features: what they are made of
  const int64_t features = memory(next.size).held - engine_->network.held;
  return memory(before.size).peak() + kMaking * features <= flags_.model.options.max_memory;
}

std::unique_ptr<BatchRun::Ready> BatchRun::make_ready(const Planned& planned) {
  auto ready = std::make_unique<Ready>();
  const input::FoldInput& job = planned.job.input;
  ready->plan = planned.plan;
  const auto keep = [&] { ready->ended = Worked{batch::Fate::kept, ready->plan.earlier->folder}; };
  if (ready->plan.left.nothing()) {
    if (flags_.jobs.resume) batch::Claim::remove_leftover(flags_.jobs.output_dir, job.sanitised_name());
    return keep(), std::move(ready);
  }
  require_to_go_on();
  const bool of_other_part = flags_.part.count > 1 && ready->plan.left.data && !search_->is_complete(job);
  if (flags_.jobs.resume && !of_other_part)
    ready->claim = batch::Claim::take(flags_.jobs.output_dir, job.sanitised_name());
  if (of_other_part || (flags_.jobs.resume && !ready->claim)) {
    ready->ended = Worked{batch::Fate::elsewhere, {}};
    return ready;
  }
  if (!flags_.attempt.empty()) {
    const auto failure = batch::noted_failure(flags_.jobs.output_dir, job.sanitised_name());
    if (failure && failure->attempt == flags_.attempt) throw Error(failure->reason);
  }
  if (flags_.jobs.resume) ready->plan = planner_->plan(job);  // another process may have been here since
  if (ready->plan.left.nothing()) return keep(), std::move(ready);
  ready->input = completed(job, ready->plan, ready->clock);
  ready->ccd = components_of(ready->input, ccd_);
  if (ready->plan.left.seeds.empty()) return ready;
  ready->pool = std::make_unique<ThreadPool>(pool_.size());  // with the priority of this thread
  ahead_line_.show(fmt::format("Features of {}", job.name), /*always=*/true);
  ready->clock.time("features", [&] {
    ready->features.emplace(ready->input, *ready->ccd, flags_.features.options, flags_.features_dir,
                            *ready->pool);
    for (const output::ModelFormat format : flags_.output.formats)
      output::check_format(format, ready->features->layout());
    ready->first = &ready->features->for_seed(ready->plan.left.seeds.front().seed);
  });
  return ready;
}

// The data of an earlier run have all that searches found.
input::FoldInput BatchRun::completed(const input::FoldInput& job, const JobPlan& plan, StageClock& clock) {
  if (!plan.left.data) {
    auto read = input::read_jobs(plan.earlier->folder / plan.expected.data, featurise::ChemistryChecks(ccd_));
    if (!read.empty() && !read.front().problems.empty()) throw read.front().problems.front();
    PLEAT_ASSERT(read.size() == 1);
    read.front().input.seeds = job.seeds;
    return std::move(read.front().input);
  }
  if (!search_) return job;
  return clock.time("search", [&] { return search_->complete(job); });
}

Worked BatchRun::run(const Planned& planned, Ready& ready) {
  if (ready.ended) return *ready.ended;
  require_to_go_on();
  log_info("Job {} starts.", planned.job.input.name);
  events_.add("job_start", {{"job", planned.job.input.name}, {"input", planned.job.place}});
  reset_peak_memory();
  ReferenceLines lines(flags_.as_alphafold3, ready.input);
  lines.job_starts(flags_.run_data_pipeline);
  const JobPlan& plan = ready.plan;
  JobFolder folder(ready.input, flags_.jobs.output_dir, flags_.output, plan,
                   planner_->manifest(planned.job, plan));
  lines.folder(folder.folder(), fs::path(flags_.jobs.output_dir) / ready.input.sanitised_name());
  try {
    if (plan.left.data || plan.earlier->manifest.seeds != ready.input.seeds) folder.write_data_json();
    lines.data_json(folder.folder() / plan.expected.data);
    if (flags_.run_inference)
      infer(ready, planned.size, folder, lines);
    else
      lines.no_inference();
    folder.finish(plan, ready.clock);
  } catch (const search::Cancelled&) {
    folder.pause(ready.clock);
    throw;
  } catch (const Error& error) {
    folder.fail(error.what(), ready.clock);
    throw;
  }
  const auto& formats = flags_.output.formats;
  const bool has_cif = std::find(formats.begin(), formats.end(), output::ModelFormat::cif) != formats.end();
  if (flags_.report && flags_.run_inference && has_cif)
    write_report(folder.folder());  // it shows the manifest, too
  log_info("Job {} is done, in {}: {}", planned.job.input.name, folder.folder().string(),
           ready.clock.report());
  lines.job_ends(folder.folder());
  return {batch::Fate::done, folder.folder()};
}

void BatchRun::infer(Ready& ready, const bench::JobSize& size, JobFolder& folder, ReferenceLines& lines) {
  lines.inference_starts();
  double done = 0;
  for (size_t i = 0; i < ready.plan.left.seeds.size(); ++i) {
    require_to_go_on();
    infer_seed(ready, size, i, done, folder, lines);
    done += planner_->work(size, ready.plan.left.seeds[i].samples.size()).sum();
  }
  lines.inference_ends();
  const double best = ready.clock.time("outputs", [&] { return folder.writer().finish(); });
  log_info("Best ranking score {:.4f}.", best);
}

void BatchRun::infer_seed(Ready& ready, const bench::JobSize& size, size_t i, double done_before,
                          JobFolder& folder, ReferenceLines& lines) {
  const batch::Left::Seed& left = ready.plan.left.seeds[i];
  const std::string& job = ready.input.name;
  const int64_t seed = left.seed;
  lines.features_start(left.seed);
  const featurise::Batch& batch =
      i == 0 ? *ready.first
             : ready.clock.time(
                   "features", [&]() -> const auto& { return ready.features->for_seed(left.seed); });
  lines.features_end(left.seed);
  log_info("Seed {}: network, {} tokens.", seed, batch.tokens);
  lines.network_starts(left.seed);
  events_.add("seed_start", {{"job", job},
                             {"seed", seed},
                             {"samples", static_cast<int64_t>(left.samples.size())},
                             {"tokens", batch.tokens}});
  model::ModelOptions options = flags_.model.options;
  options.samples = left.samples;
  const model::Prediction prediction = ready.clock.time("network", [&] {
    const SeedWork work = planner_->work(size, left.samples.size());
    return model_->predict(
        batch, left.seed, options,
        progress_.follow({job, left.seed, i + 1, ready.plan.left.seeds.size(), work, done_before}));
  });
  progress_.clear();
  lines.network_ends(left.seed);
  lines.outputs_start(left.seed);
  const batch::Expected::Seed& expected = expected_seed(ready.plan.expected, left.seed);
  bool first = true;
  const auto on_sample = [&](uint32_t, int sample, double ranking_score) {
    if (std::exchange(first, false)) folder.add_arrays(expected);
    folder.add_sample(expected, sample, ranking_score);
    events_.add(
        "sample_done",
        {{"job", job}, {"seed", seed}, {"sample", int64_t{sample}}, {"ranking_score", ranking_score}});
  };
  ready.clock.time("outputs", [&] {
    folder.writer().write_seed(left.seed, prediction, ready.features->layout(), batch.frames_mask, *ready.ccd,
                               left.samples, on_sample);
  });
  lines.outputs_end(left.seed, static_cast<int>(prediction.samples()));
}

void BatchRun::note(const Planned& planned, const batch::Outcome& outcome) const {
  if (flags_.attempt.empty()) return;
  const std::string name = planned.job.input.sanitised_name();
  if (outcome.fate == batch::Fate::failed)
    batch::note_failure(flags_.jobs.output_dir, name, {flags_.attempt, outcome.reasons.front()});
  else if (outcome.fate == batch::Fate::done)
    batch::forget_failure(flags_.jobs.output_dir, name);
}

void BatchRun::require_to_go_on() const {
  if (interrupt_.requested()) throw search::Cancelled();
}

void BatchRun::stop(const Planned& planned) {
  outcomes_.add({planned.job.input.name, planned.job.place, batch::Fate::stopped, {}, {}, 0});
}

void BatchRun::tell(const batch::Outcome& outcome) {
  const std::string reason = outcome.reasons.empty() ? "" : outcome.reasons.front().what();
  events_.add("job_end", {{"job", outcome.name},
                          {"input", outcome.place},
                          {"outcome", batch::text(outcome.fate)},
                          {"reason", reason},
                          {"folder", outcome.folder.string()},
                          {"seconds", outcome.seconds}});
}

void BatchRun::write_outcomes() const {
  if (!is_batch_ || !flags_.attempt.empty()) return;  // of an attempt, no process sees all
  flags_.jobs.make_output_dir();
  write_file(fs::path(flags_.jobs.output_dir) / "batch.json", outcomes_.to_json());
}

int BatchRun::finish() {
  progress_.clear();
  ahead_line_.clear();
  ReferenceLines::all_end(flags_.as_alphafold3, outcomes_.count(batch::Fate::done));
  report_outcomes(outcomes_);
  write_outcomes();
  const bool stopped = outcomes_.count(batch::Fate::stopped) > 0;
  const int status = stopped ? kInterrupted : outcomes_.exit_status();
  if (stopped) {
    report_error("interrupted");
    log_info("The same command with --resume goes on where this run stopped.");
  }
  events_.add("batch_end", {{"status", int64_t{status}}});
  return status;
}

}  // namespace pleat::cli
