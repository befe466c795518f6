// A batch: jobs from their inputs to their results, with all that they share. `pleat predict` runs all stages,
// `pleat search` the data pipeline alone.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "base/thread_pool.h"
#include "batch/events.h"
#include "batch/one_ahead.h"
#include "cli/batch_flags.h"
#include "cli/interrupt.h"
#include "cli/job_planner.h"
#include "cli/network_progress.h"
#include "cli/progress.h"
#include "cli/reference_lines.h"
#include "cli/search_run.h"
#include "cli/seed_features.h"
#include "model/model.h"

namespace pleat::cli {

// While the network runs a job, the next one is made ready on another thread of low priority, and searches are
// done for those after it, where the memory allows.
class BatchRun {
 public:
  explicit BatchRun(BatchFlags flags);
  // Reads, checks and runs the jobs. Returns the exit status.
  int run();

 private:
  struct Planned {
    Job job;
    JobPlan plan;
    bench::JobSize size;
    double work = 0;
  };
  // A job up to its features.
  struct Ready {
    std::optional<Worked> ended;  // nothing is left to do, or not here
    JobPlan plan;
    std::unique_ptr<batch::Claim> claim;
    input::FoldInput input;
    std::shared_ptr<const chem::Ccd> ccd;
    std::unique_ptr<ThreadPool> pool;
    std::optional<SeedFeatures> features;
    const featurise::Batch* first = nullptr;  // the features of the first seed
    StageClock clock;
  };

  int run_all();
  int watch();
  // The result of a run, after which the program ends.
  int end(int status) const;
  void run_round(std::vector<input::JobReading> readings);
  void open_network();
  void load_terms_of_use(bool official);
  void write_report(const fs::path& folder) const;
  std::vector<Planned> plan(std::vector<Job> jobs);
  void require_disk(const std::vector<Planned>& planned) const;
  void print(const std::vector<Planned>& planned) const;

  void run_planned(std::vector<Planned> planned);
  std::unique_ptr<Ready> take_ready();
  // On the thread that makes jobs ready.
  void search_for(const std::vector<Planned>& planned, size_t i);
  void search(std::span<const Planned> planned);
  std::unique_ptr<Ready> make_ready(const Planned& planned);
  input::FoldInput completed(const input::FoldInput& job, const JobPlan& plan, StageClock& clock);
  // Whether its features have room beside the network's work on the job before.
  bool fits_beside(const Planned& next, const Planned& before) const;

  Worked run(const Planned& planned, Ready& ready);
  void infer(Ready& ready, const bench::JobSize& size, JobFolder& folder, ReferenceLines& lines);
  void infer_seed(Ready& ready, const bench::JobSize& size, size_t i, double done_before, JobFolder& folder,
                  ReferenceLines& lines);

  // For other processes of the same attempt.
  void note(const Planned& planned, const batch::Outcome& outcome) const;
  void tell(const batch::Outcome& outcome);
  void stop(const Planned& planned);
  // The summary; returns the exit status.
  int finish();
  void write_outcomes() const;
  void require_to_go_on() const;

  BatchFlags flags_;
  InterruptGuard interrupt_;
  batch::EventLog events_;
  ThreadPool pool_;
  std::shared_ptr<const chem::Ccd> ccd_;
  std::optional<SearchRun> search_;
  std::unique_ptr<ops::Backend> ops_;
  std::optional<weights::Parameters> parameters_;  // until they are packed
  std::optional<model::Model> model_;
  std::optional<Engine> engine_;
  std::optional<JobPlanner> planner_;

  bool is_batch_ = false;
  batch::Outcomes outcomes_;
  // Jobs that have been searched for, the first of the last round of them, and how many are next.
  size_t searched_ = 0, round_start_ = 0, next_round_ = 1;
  NetworkProgress progress_;
  ProgressLine ahead_line_{ProgressLine::Row::ahead};
  std::vector<Planned> planned_;                   // the jobs of a round
  std::unique_ptr<batch::OneAhead<Ready>> ready_;  // the last member: its thread uses the others
};

}  // namespace pleat::cli
