// How far a batch is, and how long it will take.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace pleat::batch {

// Jobs have amounts of work, in any unit. Times are seconds since some moment before the first job.
class Progress {
 public:
  explicit Progress(std::vector<double> work_of_jobs) : jobs_(std::move(work_of_jobs)) {}

  // Job i begins; those before it have ended.
  void begin(size_t job);
  // The job that began last has so much of its work done.
  void reach(double work) { done_ = work; }

  // By the rate of this run so far; nullopt where nothing is done yet.
  std::optional<double> seconds_left_of_job(double now) const;
  std::optional<double> seconds_left(double now) const;
  // Of so much work.
  std::optional<double> seconds_of(double work, double now) const;

 private:
  std::vector<double> jobs_;
  size_t job_ = 0;
  double before_ = 0;  // done of the jobs before
  double done_ = 0;    // of this one
};

// "4 s", "3.5 min", "2.1 h".
std::string duration_text(double seconds);

}  // namespace pleat::batch
