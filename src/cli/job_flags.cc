#include "cli/job_flags.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.h"
#include "cli/fasta_jobs.h"

namespace pleat::cli {
namespace {

// Expands the single seed to `num_seeds` successive ones.
void expand_seeds(input::FoldInput& input, int num_seeds) {
  if (num_seeds < 2) throw Error("--num_seeds", "found 1", "Give at least 2, or leave the flag out.");
  if (input.seeds.size() != 1) {
    throw Error("--num_seeds", fmt::format("the job has {} seeds", input.seeds.size()),
                "Give a single seed in modelSeeds, or leave the flag out.");
  }
  constexpr int kMostSeeds = 100'000;
  if (num_seeds > kMostSeeds)
    throw Error("--num_seeds", fmt::format("found {}", num_seeds),
                fmt::format("Give at most {}.", kMostSeeds));
  const uint64_t first = input.seeds[0];
  if (first + num_seeds - 1 > UINT32_MAX) {
    throw Error("--num_seeds", fmt::format("{} seeds from {} go beyond 4294967295", num_seeds, first),
                "Give fewer seeds, or a smaller first one.");
  }
  for (int i = 1; i < num_seeds; ++i) input.seeds.push_back(static_cast<uint32_t>(first + i));
}

}  // namespace

void JobFlags::declare(CommandLine& line) {
  line.group("Jobs");
  line.values("json_path", json_paths, "Input JSON; repeated: one batch of all of them");
  line.value("input_dir", input_dir, "Folder of input JSONs (overrides --json_path)");
  line.value(
      "fasta_path", fasta_path,
      "FASTA file instead of JSON: a job of one chain for each record, named by the header's first word. "
      "Letters ACGUN with a U mean RNA, ACGTN with a T DNA, others protein");
  line.value("output_dir", output_dir, "Folder for the results")->required();
  line.boolean("force_output_dir", force_output_dir, "Write into a job's folder even if it has files");
  line.boolean(
      "resume", resume,
      "Go on with earlier results: skip jobs, seeds and samples that are complete and were made from the "
      "same input, weights and settings");
  line.boolean("watch", watch,
               "Also take inputs that appear in --input_dir while pleat runs; Ctrl-C ends that");
  line.boolean("dry_run", dry_run, "Only print what would be done");
  line.value("num_seeds", num_seeds,
             "Use this many seeds (at least 2), counting up from the single seed in the JSON")
      ->check(at_least(1));
}

void JobFlags::check() const {
  const bool json = !json_paths.empty() || !input_dir.empty();
  if (!json && fasta_path.empty()) throw UsageError("give --json_path, --input_dir or --fasta_path");
  if (json && !fasta_path.empty()) throw UsageError("give --fasta_path without --json_path and --input_dir");
  if (watch && input_dir.empty()) throw UsageError("--watch needs --input_dir");
}

std::vector<fs::path> JobFlags::files() const {
  if (!fasta_path.empty()) return {fasta_path};
  if (!input_dir.empty()) return json_files(input_dir);
  return {json_paths.begin(), json_paths.end()};
}

std::vector<input::JobReading> JobFlags::read(const std::vector<fs::path>& files,
                                              const JobRules& rules) const {
  std::vector<input::JobReading> jobs;
  for (const fs::path& file : files) {
    auto found = fasta_path.empty() ? read_checked_jobs(file, rules) : read_fasta_jobs(file);
    for (input::JobReading& job : found) {
      if (!fasta_path.empty()) check_job(job, rules);
      jobs.push_back(std::move(job));
    }
  }
  for (input::JobReading& job : jobs) {
    if (!num_seeds || !job.problems.empty()) continue;
    try {
      expand_seeds(job.input, *num_seeds);
    } catch (const Error& error) {
      job.problems.push_back(error.within(job.input.name));
    }
  }
  check_equal_names(jobs, number_equal_names ? EqualNames::numbered
                          : force_output_dir ? EqualNames::refused
                                             : EqualNames::in_own_folders);
  return jobs;
}

std::vector<fs::path> JobFlags::new_files() {
  std::vector<fs::path> found;
  std::error_code gone;
  for (const auto& entry : fs::directory_iterator(input_dir)) {
    if (entry.path().extension() != ".json" || !entry.is_regular_file(gone)) continue;
    const Look now{entry.last_write_time(gone), entry.file_size(gone), false};
    if (gone) continue;
    Look& before = looks_[entry.path()];
    const bool same = before.changed == now.changed && before.size == now.size;
    if (!same) before = now;
    if (!same || before.taken) continue;
    before.taken = true;
    found.push_back(entry.path());
  }
  std::sort(found.begin(), found.end());
  return found;
}

void JobFlags::make_output_dir() const {
  std::error_code error;
  fs::create_directories(output_dir, error);
  if (error) throw Error(output_dir, "the folder can't be made: " + error.message());
}

}  // namespace pleat::cli
