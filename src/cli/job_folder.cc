#include "cli/job_folder.h"

#include <algorithm>
#include <utility>

#include "base/memory.h"

namespace pleat::cli {
namespace {

output::OutputOptions continuing(output::OutputOptions options, const JobPlan& plan) {
  if (plan.earlier) options.folder = plan.earlier->folder;
  return options;
}

}  // namespace

JobPlan plan_job(const fs::path& output_dir, const std::string& name, batch::Origin origin,
                 batch::Expected expected, bool resume) {
  JobPlan plan{std::move(origin), std::move(expected), {}, {}};
  if (resume) plan.earlier = batch::find_continued(output_dir, name, plan.origin);
  plan.left = plan.earlier ? batch::left_of(plan.earlier->manifest, plan.earlier->folder, plan.expected)
                           : batch::all_of(plan.expected);
  return plan;
}

JobFolder::JobFolder(const input::FoldInput& input, const fs::path& output_dir, output::OutputOptions options,
                     const JobPlan& plan, batch::Manifest manifest)
    : writer_(input, output_dir, continuing(std::move(options), plan)),
      name_(input.sanitised_name()),
      manifest_(std::move(manifest)) {
  if (plan.earlier) {
    batch::remove_parts(folder());
    const batch::Manifest& earlier = plan.earlier->manifest;
    manifest_.samples = earlier.samples;
    manifest_.files = earlier.files;
    manifest_.seconds = earlier.seconds;
    manifest_.peak_memory = earlier.peak_memory;
    for (const batch::SampleRecord& s : earlier.samples)
      writer_.add_written(s.seed, s.sample, s.ranking_score);
  }
  write_manifest();
}

void JobFolder::write_data_json() {
  writer_.write_data_json();
  manifest_.add_file(folder(), output::data_file(name_));
  write_manifest();
}

void JobFolder::add_arrays(const batch::Expected::Seed& seed) {
  for (const std::string& file : seed.arrays) manifest_.add_file(folder(), file);
}

void JobFolder::add_sample(const batch::Expected::Seed& seed, int sample, double ranking_score) {
  for (const std::string& file : seed.samples[static_cast<size_t>(sample)])
    manifest_.add_file(folder(), file);
  manifest_.samples.push_back({seed.seed, sample, ranking_score});
  std::sort(manifest_.samples.begin(), manifest_.samples.end(), [](const auto& a, const auto& b) {
    return std::pair(a.seed, a.sample) < std::pair(b.seed, b.sample);
  });
  write_manifest();
}

void JobFolder::finish(const JobPlan& plan, const StageClock& clock) {
  for (const std::string& file : plan.expected.whole) manifest_.add_file(folder(), file);
  manifest_.state = batch::JobState::complete;
  pause(clock);
}

void JobFolder::fail(const std::string& reason, const StageClock& clock) {
  manifest_.state = batch::JobState::failed;
  manifest_.reason = reason;
  pause(clock);
}

void JobFolder::pause(const StageClock& clock) {
  add_times(clock);
  write_manifest();
}

void JobFolder::add_times(const StageClock& clock) {
  for (const auto& [stage, seconds] : clock.stages()) manifest_.seconds[stage] += seconds;
  manifest_.peak_memory = std::max(manifest_.peak_memory, peak_memory());
}

void JobFolder::write_manifest() { writer_.write(batch::manifest_name(name_), batch::to_json(manifest_)); }

}  // namespace pleat::cli
