#include "cli/search_run.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "base/stopwatch.h"
#include "batch/progress.h"
#include "cli/jobs.h"
#include "search/temporary_folder.h"

namespace pleat::cli {
namespace {

search::TemplateRules rules(const std::string& max_template_date) {
  search::TemplateRules rules;
  rules.max_date = max_template_date;
  return rules;
}

// "one, two, three and 5 more".
std::string names(std::span<const input::FoldInput> jobs, std::span<const size_t> which) {
  constexpr size_t kNamed = 3;
  std::vector<std::string> named;
  for (const size_t job : which.first(std::min(which.size(), kNamed))) named.push_back(jobs[job].name);
  const size_t more = which.size() - named.size();
  return fmt::format("{}{}", fmt::join(named, ", "), more > 0 ? fmt::format(" and {} more", more) : "");
}

// "Searches for one: 3 of 12 ended, 25 %; 2.1 min left".
std::string progress_text(std::span<const input::FoldInput> jobs, size_t ended, size_t expected,
                          double seconds) {
  const std::string whose = jobs.size() == 1 ? jobs.front().name : fmt::format("{} jobs", jobs.size());
  std::string text =
      fmt::format("Searches for {}: {} of {} ended, {} %", whose, ended, expected, 100 * ended / expected);
  if (ended > 0)
    text += fmt::format("; {} left", batch::duration_text(seconds * static_cast<double>(expected - ended) /
                                                          static_cast<double>(ended)));
  return text;
}

}  // namespace

SearchRun::SearchRun(const SearchFlags& flags, const std::string& max_template_date,
                     const search::Cancellation& cancellation)
    : cancellation_(cancellation),
      engine_(flags.engine()),
      cache_(flags.cache_folder()),
      pipeline_(flags.config(), rules(max_template_date), *engine_, cache_) {}

void SearchRun::search(std::span<const input::FoldInput> jobs, int cores, search::SearchPart part,
                       ProgressLine& line) {
  search::remove_abandoned_folders();
  const Stopwatch watch;
  pipeline_.search(
      jobs, cores, cancellation_,
      [&](std::span<const size_t> failed, const Error& reason) {
        report_error(reason.within(names(jobs, failed)).what());
      },
      part,
      [&](size_t ended, size_t expected) {
        if (ended == expected)
          line.clear();
        else
          line.show(progress_text(jobs, ended, expected, watch.seconds()), /*always=*/true);
      });
}

}  // namespace pleat::cli
