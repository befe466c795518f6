// pleat featurise: makes the network's features from an input JSON, one .npz per seed.
#include "featurise/featurise.h"

#include "base/cpu.h"
#include "base/thread_pool.h"
#include "cli/commands.h"
#include "cli/flags.h"
#include "cli/jobs.h"
#include "cli/seed_features.h"
#include "input/read_input.h"

namespace pleat::cli {

int featurise_jobs(const Arguments& arguments) {
  std::string json_path;
  std::string output_dir;
  FeatureFlags features;
  int threads = 0;
  CommandLine line("featurise",
                   "Writes NAME_seed-S_features.npz for every seed of the jobs in an input JSON.");
  line.value("json_path", json_path, "Input JSON")->required();
  line.value("output_dir", output_dir, "Folder for the features")->required();
  features.declare(line);
  declare_threads(line, threads);
  line.example("pleat featurise --json_path job.json --output_dir features",
               "Write features/NAME_seed-S_features.npz for each seed.");
  if (!line.parse(arguments)) return kSuccess;

  const auto dictionary = open_ccd(features.ccd);
  std::vector<input::JobReading> jobs =
      read_checked_jobs(json_path, {dictionary, features.options, input::check_complete});
  check_equal_names(jobs, EqualNames::numbered);
  ThreadPool pool(threads > 0 ? threads : usable_cores());
  Jobs accepted = accept_jobs(std::move(jobs));
  const auto featurise = [&](const Job& job) {
    const auto ccd = components_of(job.input, dictionary);
    featurise::JobFeatures made(job.input, *ccd, features.options, pool);
    for (const uint32_t seed : job.input.seeds)
      write_npz(features_file(output_dir, job.input.sanitised_name(), seed),
                featurise::to_features(made.for_seed(seed)), true);
    return Worked{};
  };
  batch::Outcomes& outcomes = accepted.outcomes;
  for (const Job& job : accepted.good) outcomes.add(run_job(job, featurise));
  report_outcomes(outcomes);
  return outcomes.exit_status();
}

}  // namespace pleat::cli
