#include "cli/search_run.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

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

}  // namespace

SearchRun::SearchRun(const SearchFlags& flags, const std::string& max_template_date,
                     const search::Cancellation& cancellation)
    : cancellation_(cancellation),
      engine_(flags.engine()),
      cache_(flags.cache_folder()),
      pipeline_(flags.config(), rules(max_template_date), *engine_, cache_) {}

void SearchRun::search(std::span<const input::FoldInput> jobs, int cores, search::SearchPart part) {
  search::remove_abandoned_folders();
  pipeline_.search(
      jobs, cores, cancellation_,
      [&](std::span<const size_t> failed, const Error& reason) {
        report_error(reason.within(names(jobs, failed)).what());
      },
      part);
}

}  // namespace pleat::cli
