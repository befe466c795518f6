// pleat search: the data pipeline alone, as predict --norun_inference. Its product is NAME_data.json.
#include "base/cpu.h"
#include "base/log.h"
#include "cli/commands.h"
#include "cli/flags.h"
#include "cli/job_flags.h"
#include "cli/search_run.h"
#include "output/output.h"

namespace pleat::cli {

int search(const Arguments& arguments) {
  JobFlags jobs;
  FeatureFlags features;
  SearchFlags searches;
  int threads = 0;
  CommandLine line("search",
                   "Searches for the jobs' MSAs and templates, and writes NAME_data.json for each.");
  jobs.declare(line);
  declare_threads(line, threads);
  searches.declare(line);
  features.declare(line);
  if (!line.parse(arguments)) return kSuccess;
  jobs.check();

  const search::SearchConfig config = searches.config();
  Jobs accepted =
      accept_jobs(jobs.read({features.open_ccd(), features.options, [&](const input::Chain& chain) {
                               return search::given_partly(chain, config);
                             }}));
  jobs.make_output_dir();
  SearchRun run(searches, features.options.max_template_date);
  run.search(incomplete_jobs(accepted.good), threads > 0 ? threads : usable_cores());
  output::OutputOptions options;
  options.force_output_dir = jobs.force_output_dir;
  const int failures = run_jobs(std::move(accepted), [&](const input::FoldInput& job) {
    output::JobWriter writer(run.complete(job), jobs.output_dir, options);
    writer.write_data_json();
    log_info("Job {} is done: {}", job.name, writer.folder().string());
  });
  return failures == 0 ? kSuccess : kFailure;
}

}  // namespace pleat::cli
