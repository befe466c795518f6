// pleat search: the data pipeline alone, as predict --norun_inference. Its product is NAME_data.json.
#include <fmt/format.h>

#include <charconv>

#include "base/cpu.h"
#include "base/log.h"
#include "cli/commands.h"
#include "cli/flags.h"
#include "cli/job_flags.h"
#include "cli/search_run.h"
#include "output/output.h"

namespace pleat::cli {
namespace {

// "2/5" is index 1 of 5. Throws CLI::ValidationError.
search::SearchPart part_of(const std::string& text) {
  search::SearchPart part;
  const char* end = text.data() + text.size();
  const auto [slash, first] = std::from_chars(text.data(), end, part.index);
  const bool divided = first == std::errc() && slash < end && *slash == '/';
  const auto [last, second] =
      divided ? std::from_chars(slash + 1, end, part.count) : std::from_chars_result{end, first};
  if (!divided || second != std::errc() || last != end || part.index < 1 || part.index > part.count)
    throw CLI::ValidationError(fmt::format("found '{}', give i/n with i from 1 to n, such as 2/5", text));
  --part.index;
  return part;
}

// Keeps the jobs that need no other part's results.
void leave_incomplete(SearchRun& run, Jobs& jobs) {
  const size_t all = jobs.good.size();
  std::erase_if(jobs.good, [&](const auto& job) { return !run.is_complete(job); });
  if (jobs.good.size() < all)
    log_info("This part is done. {} of {} jobs wait for other parts.", all - jobs.good.size(), all);
}

}  // namespace

int search(const Arguments& arguments) {
  JobFlags jobs;
  FeatureFlags features;
  SearchFlags searches;
  int threads = 0;
  search::SearchPart part;
  CommandLine line("search",
                   "Searches for the jobs' MSAs and templates, and writes NAME_data.json for each.");
  jobs.declare(line);
  declare_threads(line, threads);
  searches.declare(line);
  features.declare(line);
  std::string part_text = "1/1";
  line.value("part", part_text,
             "Part i of n of the searches, as i/n, for several machines that share --search_cache_dir. Jobs "
             "of which other "
             "parts' results are missing are left to the part that ends last, or to a run without --part")
      ->each([&](const std::string& text) { part = part_of(text); });
  line.example("pleat search --json_path job.json --output_dir searched",
               "Write searched/NAME/NAME_data.json, an input for pleat predict.");
  line.example("pleat search --fasta_path sequences.fasta --output_dir searched",
               "A job for each sequence of a FASTA file.");
  if (!line.parse(arguments)) return kSuccess;
  jobs.check();

  const search::SearchConfig config = searches.config();
  const auto check_chain = [&](const input::Chain& chain, Findings& found) {
    search::check_given(chain, config, found);
  };
  Jobs accepted = accept_jobs(jobs.read({open_ccd(features.ccd), features.options, check_chain}));
  jobs.make_output_dir();
  SearchRun run(searches, features.options.max_template_date);
  run.search(incomplete_jobs(accepted.good), threads > 0 ? threads : usable_cores(), part);
  if (part.count > 1) leave_incomplete(run, accepted);
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
