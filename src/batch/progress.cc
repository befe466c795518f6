#include "batch/progress.h"

#include <fmt/format.h>

#include <numeric>

namespace pleat::batch {

void Progress::begin(size_t job) {
  before_ += done_;
  done_ = 0;
  job_ = job;
}

std::optional<double> Progress::seconds_of(double work, double now) const {
  const double done = before_ + done_;
  return done > 0 && now > 0 ? std::optional(work * now / done) : std::nullopt;
}

std::optional<double> Progress::seconds_left_of_job(double now) const {
  return seconds_of(jobs_[job_] - done_, now);
}

std::optional<double> Progress::seconds_left(double now) const {
  const double later =
      std::accumulate(jobs_.begin() + static_cast<std::ptrdiff_t>(job_) + 1, jobs_.end(), 0.0);
  return seconds_of(jobs_[job_] - done_ + later, now);
}

std::string duration_text(double seconds) {
  constexpr double kMinute = 60, kHour = 3600;
  if (seconds < 2 * kMinute) return fmt::format("{:.0f} s", seconds);
  if (seconds < 2 * kHour) return fmt::format("{:.1f} min", seconds / kMinute);
  return fmt::format("{:.1f} h", seconds / kHour);
}

}  // namespace pleat::batch
