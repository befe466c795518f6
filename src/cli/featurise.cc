// pleat featurise: input JSON to the network's features, one .npz per seed.
#include "featurise/featurise.h"

#include <fmt/format.h>

#include "base/cpu.h"
#include "base/thread_pool.h"
#include "cli/commands.h"
#include "cli/flags.h"
#include "cli/jobs.h"
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
  refuse_equal_names(jobs, "Give each job a name of its own.");
  ThreadPool pool(threads > 0 ? threads : usable_cores());
  const int failures = run_jobs(accept_jobs(std::move(jobs)), [&](const input::FoldInput& input) {
    const auto ccd = components_of(input, dictionary);
    featurise::JobFeatures job(input, *ccd, features.options, pool);
    for (const uint32_t seed : input.seeds) {
      const auto file =
          fs::path(output_dir) / fmt::format("{}_seed-{}_features.npz", input.sanitised_name(), seed);
      write_npz(file, featurise::to_features(job.for_seed(seed)), true);
    }
  });
  return failures == 0 ? kSuccess : kFailure;
}

}  // namespace pleat::cli
