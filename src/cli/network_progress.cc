#include "cli/network_progress.h"

#include <fmt/format.h>

#include <utility>

#include "base/log.h"
#include "search/cancellation.h"

namespace pleat::cli {

void NetworkProgress::begin(std::vector<double> work_of_jobs, bool is_batch) {
  jobs_ = work_of_jobs.size();
  is_batch_ = is_batch;
  progress_.emplace(std::move(work_of_jobs));
  since_.reset();
  network_seconds_ = 0;
}

void NetworkProgress::begin_job(size_t i) {
  job_ = i;
  progress_->begin(i);
}

// The job's time left is the network's; the batch's also has what its jobs waited for on average.
model::Progress NetworkProgress::follow(Seed seed) {
  if (!since_) since_.emplace();
  return [this, seed = std::move(seed), before = network_seconds_, watch = Stopwatch(), rate = StageRate(),
          logged = Stopwatch()](std::string_view stage, int done, int total) mutable {
    network_seconds_ = before + watch.seconds();
    const double seed_done = seed.work.at(stage, done, total);
    progress_->reach(seed.done_before + seed_done);
    const double job_left = progress_->seconds_left_of_job(network_seconds_).value_or(0),
                 batch_left = progress_->seconds_left(since_->seconds()).value_or(0);
    line_.show(text(seed, rate.text(stage, done, total), job_left, batch_left));
    heed_signal(seed, progress_->seconds_of(seed.work.sum() - seed_done, network_seconds_));
    constexpr double kQuiet = 5;
    if (done < total && logged.seconds() < kQuiet) return;
    logged = Stopwatch();
    events_.add("progress", {{"job", seed.job},
                             {"seed", int64_t{seed.seed}},
                             {"stage", std::string(stage)},
                             {"done", int64_t{done}},
                             {"total", int64_t{total}},
                             {"job_seconds_left", job_left},
                             {"batch_seconds_left", batch_left}});
  };
}

std::string NetworkProgress::text(const Seed& seed, const std::string& stage, double job_left,
                                  double batch_left) const {
  std::string text = jobs_ > 1 ? fmt::format("Job {} of {}, ", job_ + 1, jobs_) : "";
  text += seed.job;
  if (seed.count > 1) text += fmt::format(", seed {} of {}", seed.number, seed.count);
  text += fmt::format(": {}; {} left", stage, batch::duration_text(job_left));
  if (is_batch_) text += fmt::format(", batch {}", batch::duration_text(batch_left));
  return text;
}

void NetworkProgress::heed_signal(const Seed& seed, std::optional<double> seconds_left) {
  if (!interrupt_.requested()) return;
  const std::string needed = batch::duration_text(seconds_left.value_or(0));
  if (rule_.decide(clock_.seconds(), seconds_left) == batch::StopRule::Decision::finish) {
    if (!std::exchange(told_, true))
      log_info("Seed {} needs some {} more. pleat finishes it, then stops.", seed.seed, needed);
    return;
  }
  log_info("Seed {} would need some {} more, and --finish_within is {}. pleat leaves it to a later run.",
           seed.seed, needed, batch::duration_text(finish_within_));
  events_.add("seed_left", {{"job", seed.job}, {"seed", int64_t{seed.seed}}});
  throw search::Cancelled();
}

}  // namespace pleat::cli
