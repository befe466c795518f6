#include "cli/search_run.h"

#include "cli/interrupt.h"
#include "cli/jobs.h"
#include "search/temporary_folder.h"

namespace pleat::cli {
namespace {

TemplateRules rules(const std::string& max_template_date) {
  TemplateRules rules;
  rules.max_date = max_template_date;
  return rules;
}

}  // namespace

SearchRun::SearchRun(const SearchFlags& flags, const std::string& max_template_date)
    : engine_(flags.programs()),
      cache_(flags.cache_folder()),
      pipeline_(flags.config(), rules(max_template_date), engine_, cache_) {}

void SearchRun::search(std::span<const FoldInput> jobs, int cores) {
  remove_abandoned_folders();
  const InterruptGuard guard;
  pipeline_.search(jobs, cores, guard.cancellation(), [&](size_t job, const Error& reason) {
    report_error(reason.within(jobs[job].name).what());
  });
}

FoldInput SearchRun::complete(const FoldInput& job) {
  const InterruptGuard guard;
  return pipeline_.complete(job, guard.cancellation());
}

}  // namespace pleat::cli
