#include "search/search_progress.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "base/log.h"

namespace pleat::search {

void SearchProgress::expect(size_t searches, OnChange on_change) {
  const std::lock_guard lock(mutex_);
  on_change_ = std::move(on_change);
  expected_ = queued_ = searches;
  tell();
}

void SearchProgress::take(size_t searches) {
  const std::lock_guard lock(mutex_);
  queued_ -= searches;
}

void SearchProgress::tell() const {
  size_t running = 0;
  for (const Running* one : running_) running += one->searches();
  if (on_change_) on_change_(expected_ - std::min(expected_, queued_ + running), expected_);
}

SearchProgress::Running::Running(SearchProgress& progress, std::string label, int threads, size_t searches)
    : progress_(progress), label_(std::move(label)), searches_(searches) {
  const std::lock_guard lock(progress_.mutex_);
  progress_.running_.push_back(this);
  log_info("Searching {}, {} thread{}.", label_, threads, threads == 1 ? "" : "s");
  progress_.tell();
}

SearchProgress::Running::~Running() {
  const std::lock_guard lock(progress_.mutex_);
  std::erase(progress_.running_, this);
  std::vector<std::string> others;
  for (const Running* other : progress_.running_)
    others.push_back(fmt::format("{} ({:.0f} s)", other->label_, other->watch_.seconds()));
  const std::string running =
      others.empty() ? "none running" : fmt::format("{} running: {}", others.size(), fmt::join(others, ", "));
  log_info("{} {}, {:.1f} s. {} queued, {}.", succeeded_ ? "Searched" : "Search failed:", label_,
           watch_.seconds(), progress_.queued_, running);
  progress_.tell();
}

}  // namespace pleat::search
