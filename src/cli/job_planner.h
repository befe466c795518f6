// What is to be done for each job of a batch, and how much that is.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "bench/estimate.h"
#include "cli/batch_flags.h"
#include "cli/job_folder.h"

namespace pleat::cli {

// What runs the jobs, where the network runs.
struct Engine {
  std::string weights, weights_source;  // the checksum of all parameters; where they were read
  batch::Machine machine;
  bench::Network network;
};

// The work of a seed's stages, in operations; of no samples, nothing.
struct SeedWork {
  double trunk = 0, diffusion = 0, confidence = 0;

  double sum() const { return trunk + diffusion + confidence; }
  // Done when `done` of `total` units of a stage of Model::predict are.
  double at(std::string_view stage, int done, int total) const;
};

class JobPlanner {
 public:
  // `flags` and `engine` outlive the planner. engine: nullptr where the network doesn't run.
  JobPlanner(const BatchFlags& flags, std::shared_ptr<const chem::Ccd> ccd, const Engine* engine)
      : flags_(flags), ccd_(std::move(ccd)), engine_(engine) {}

  // Looks for earlier results, where the flags ask for that.
  JobPlan plan(const input::FoldInput& job) const;
  // A manifest without results.
  batch::Manifest manifest(const Job& job, const JobPlan& plan) const;

  bench::JobSize size(const input::FoldInput& job) const;
  // Of one seed with so many samples.
  SeedWork work(const bench::JobSize& size, size_t samples) const;
  double work(const bench::JobSize& size, const batch::Left& left) const;
  // Bytes of the files that are left to be written, about.
  int64_t bytes(const bench::JobSize& size, const JobPlan& plan) const;

 private:
  batch::Settings search_settings(const input::FoldInput& job) const;
  batch::Settings network_settings(const input::FoldInput& job) const;
  batch::Expected expected(const input::FoldInput& job) const;

  const BatchFlags& flags_;
  std::shared_ptr<const chem::Ccd> ccd_;
  const Engine* engine_;
};

// What a dry run says of a job.
std::string left_text(const JobPlan& plan);

}  // namespace pleat::cli
