// Follows the network through the seeds of a batch: what the terminal and the log of events say of it, and what a signal does.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/stopwatch.h"
#include "batch/events.h"
#include "batch/progress.h"
#include "batch/stop_rule.h"
#include "cli/interrupt.h"
#include "cli/job_planner.h"
#include "cli/progress.h"
#include "model/model.h"

namespace pleat::cli {

class NetworkProgress {
 public:
  // After a signal, the seed in work is finished if that takes no longer than `finish_within` seconds. The references outlive
  // this object.
  NetworkProgress(batch::EventLog& events, const InterruptGuard& interrupt, double finish_within)
      : events_(events), interrupt_(interrupt), rule_(finish_within), finish_within_(finish_within) {}

  // The jobs of a round, and then one of them.
  void begin(std::vector<double> work_of_jobs, bool is_batch);
  void begin_job(size_t i);

  struct Seed {
    std::string job;
    uint32_t seed = 0;
    size_t number = 0, count = 0;  // the seed's among those to be computed, from 1
    SeedWork work;
    double done_before = 0;  // of the job, by earlier seeds
  };
  // For Model::predict. What it returns throws Cancelled where a signal came and the seed takes too long.
  model::Progress follow(Seed seed);
  void clear() { line_.clear(); }

 private:
  void heed_signal(const Seed& seed, std::optional<double> seconds_left);
  std::string text(const Seed& seed, const std::string& stage, double job_left, double batch_left) const;

  batch::EventLog& events_;
  const InterruptGuard& interrupt_;
  batch::StopRule rule_;
  double finish_within_;
  bool told_ = false;  // that the seed in work is finished
  ProgressLine line_{ProgressLine::Row::work};
  std::optional<batch::Progress> progress_;
  size_t jobs_ = 0, job_ = 0;
  bool is_batch_ = false;
  Stopwatch clock_;
  std::optional<Stopwatch> since_;  // the first seed of the round
  double network_seconds_ = 0;      // in which the network ran since then
};

}  // namespace pleat::cli
