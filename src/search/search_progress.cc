#include "search/search_progress.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <vector>

#include "base/log.h"

namespace pleat {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

}  // namespace

void SearchProgress::expect(size_t searches) {
  const std::lock_guard lock(mutex_);
  to_come_ = searches;
}

void SearchProgress::take_one() {
  const std::lock_guard lock(mutex_);
  --to_come_;
}

SearchProgress::Running::Running(SearchProgress& progress, std::string label, int threads)
    : progress_(progress), label_(std::move(label)) {
  const std::lock_guard lock(progress_.mutex_);
  progress_.under_way_.emplace(start_, label_);
  log_info("Searching {}, {} thread{}.", label_, threads, threads == 1 ? "" : "s");
}

SearchProgress::Running::~Running() {
  const std::lock_guard lock(progress_.mutex_);
  auto& under_way = progress_.under_way_;
  const auto [first, last] = under_way.equal_range(start_);
  under_way.erase(std::find_if(first, last, [&](const auto& entry) { return entry.second == label_; }));
  std::vector<std::string> others;
  for (const auto& [start, label] : under_way)
    others.push_back(fmt::format("{} ({:.0f} s)", label, seconds_since(start)));
  log_info("{} {}, {:.1f} s. To come: {}. Under way: {}.", succeeded_ ? "Searched" : "No result of", label_,
           seconds_since(start_), progress_.to_come_,
           others.empty() ? "none" : fmt::format("{}", fmt::join(others, ", ")));
}

}  // namespace pleat
