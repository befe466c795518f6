#include "search/search_progress.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <vector>

#include "base/log.h"

namespace pleat::search {

void SearchProgress::expect(size_t searches) {
  const std::lock_guard lock(mutex_);
  to_come_ = searches;
}

void SearchProgress::take(size_t searches) {
  const std::lock_guard lock(mutex_);
  to_come_ -= searches;
}

SearchProgress::Running::Running(SearchProgress& progress, std::string label, int threads)
    : progress_(progress), label_(std::move(label)) {
  const std::lock_guard lock(progress_.mutex_);
  progress_.under_way_.push_back(this);
  log_info("Searching {}, {} thread{}.", label_, threads, threads == 1 ? "" : "s");
}

SearchProgress::Running::~Running() {
  const std::lock_guard lock(progress_.mutex_);
  std::erase(progress_.under_way_, this);
  std::vector<std::string> others;
  for (const Running* other : progress_.under_way_)
    others.push_back(fmt::format("{} ({:.0f} s)", other->label_, other->watch_.seconds()));
  log_info("{} {}, {:.1f} s. To come: {}. Under way: {}.", succeeded_ ? "Searched" : "No result of", label_,
           watch_.seconds(), progress_.to_come_,
           others.empty() ? "none" : fmt::format("{}", fmt::join(others, ", ")));
}

}  // namespace pleat::search
