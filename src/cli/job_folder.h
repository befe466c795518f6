// One job's folder while the job runs: what is left to do, and the manifest, which follows each result.
#pragma once

#include <memory>
#include <optional>

#include "batch/claim.h"
#include "batch/resume.h"
#include "cli/stage_clock.h"
#include "input/fold_input.h"
#include "output/output.h"

namespace pleat::cli {

// What a job's results are to be.
struct JobPlan {
  batch::Origin origin;
  batch::Expected expected;
  batch::Left left;                         // to be done
  std::optional<batch::Continued> earlier;  // results that are continued
};

// Looks for results in `output_dir` that can be continued, where `resume`.
JobPlan plan_job(const fs::path& output_dir, const std::string& name, batch::Origin origin,
                 batch::Expected expected, bool resume);

class JobFolder {
 public:
  // `manifest` has what isn't known from the results. Makes the folder and writes the first manifest, unless it
  // holds one: before any result, so that a run that is killed can be continued.
  JobFolder(const input::FoldInput& input, const fs::path& output_dir, output::OutputOptions options,
            const JobPlan& plan, batch::Manifest manifest);

  const fs::path& folder() const { return writer_.folder(); }
  output::JobWriter& writer() { return writer_; }

  void write_data_json();
  // Notes the arrays of a seed, before its samples.
  void add_arrays(const batch::Expected::Seed& seed);
  void add_sample(const batch::Expected::Seed& seed, int sample, double ranking_score);
  // Writes what needs all samples, where there are some.
  void finish(const JobPlan& plan, const StageClock& clock);
  void fail(const std::string& reason, const StageClock& clock);
  // Notes the times so far.
  void pause(const StageClock& clock);

 private:
  void add_times(const StageClock& clock);
  void write_manifest();

  output::JobWriter writer_;
  std::string name_;
  batch::Manifest manifest_;
};

}  // namespace pleat::cli
