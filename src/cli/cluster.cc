// pleat cluster: batches on many machines. docs/batch.md.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <nlohmann/json.hpp>

#include "base/cpu.h"
#include "base/error.h"
#include "base/log.h"
#include "batch/attempts.h"
#include "batch/claim.h"
#include "batch/resume.h"
#include "batch/slurm.h"
#include "bench/calibration.h"
#include "cli/batch_flags.h"
#include "cli/commands.h"
#include "cli/job_planner.h"
#include "search/program.h"

namespace pleat::cli {
namespace {

using nlohmann::ordered_json;

struct ClusterFlags {
  int search_tasks = 4, predict_tasks = 4, cpus_per_task = 8, time_limit = 0;
  std::string gres;
  std::vector<std::string> sbatch;

  void declare(CommandLine& line);
};
// The flags that are not handed on to the tasks.
constexpr std::array kClusterFlags = {"search_tasks", "predict_tasks", "cpus_per_task", "time_limit",
                                      "gres",         "sbatch",        "dry_run"};

void ClusterFlags::declare(CommandLine& line) {
  line.group("Cluster");
  line.value("search_tasks", search_tasks, "Tasks of the array that searches, which has no GPU")
      ->check(at_least(1));
  line.value("predict_tasks", predict_tasks, "Tasks of the array that predicts")->check(at_least(1));
  line.value("cpus_per_task", cpus_per_task, "Cores of a task")->check(at_least(1));
  line.value("time_limit", time_limit, "Minutes of a task")
      ->default_str("what pleat estimates, by the processor of this machine")
      ->check(at_least(1));
  line.value("gres", gres, "Generic resource of a predicting task")
      ->default_str("gpu:1 where --device asks for a GPU");
  line.values("sbatch", sbatch,
              "Another option of sbatch for both arrays, as --partition=long; repeated: each");
}

Arguments handed_on(const Arguments& arguments) {
  Arguments kept;
  for (size_t i = 0; i < arguments.size(); ++i) {
    const std::string& argument = arguments[i];
    const size_t start = std::min(argument.find_first_not_of('-'), argument.size());
    const std::string name = argument.substr(start, argument.find('=') - start);
    const bool of_cluster =
        start > 0 && std::find(kClusterFlags.begin(), kClusterFlags.end(), name) != kClusterFlags.end();
    if (!of_cluster) kept.push_back(argument);
    const bool has_value_behind = of_cluster && name != "dry_run" && argument.find('=') == std::string::npos;
    if (has_value_behind) ++i;
  }
  return kept;
}

// What the jobs take, as pleat estimate has it.
struct Needs {
  int64_t memory = 0;                      // of the largest job
  bool searches = false;                   // whether one lacks MSAs or templates
  std::optional<double> seconds, longest;  // of all jobs, and of one; unknown where this device is
};

Needs needs_of(BatchFlags& flags, const std::vector<Job>& jobs, bool timed) {
  ModelFlags& model = flags.model;
  ThreadPool pool(model.threads > 0 ? model.threads : usable_cores());
  const std::unique_ptr<ops::Backend> ops = model.open(pool);
  const bench::Network network =
      bench::network_of(*ops, weights::Parameters::outline(expand_home(model.model_dir)), model.precision);
  std::optional<bench::Calibration> calibration;
  if (timed && ops->on_host()) calibration = bench::known_calibration(model.precision, pool.size());
  const auto dictionary = open_ccd(flags.features.ccd);
  Needs needs;
  double sum = 0, longest = 0;
  for (const Job& job : jobs) {
    const bench::JobSize size =
        bench::job_size(job.input, *components_of(job.input, dictionary), flags.features.options);
    const model::MemoryPlan plan = bench::memory_of(*ops, network, size, model.precision, model.options);
    needs.memory = std::max({needs.memory, plan.peak(), network.held_while_packing});
    needs.searches |= !size.complete && flags.run_data_pipeline;
    if (!calibration) continue;
    const double seconds =
        bench::seconds_of_seed(network.sizes, size, plan.keep_pair_logits, model.options, *calibration)
            .sum() *
        static_cast<double>(job.input.seeds.size());
    sum += seconds;
    longest = std::max(longest, seconds);
  }
  if (calibration) needs.seconds = sum, needs.longest = longest;
  return needs;
}

// Minutes of a task: its share of the work, at least the longest job, twice that and the start of the program.
std::optional<int> minutes_of(const Needs& needs, const ClusterFlags& flags) {
  if (flags.time_limit > 0) return flags.time_limit;
  if (!needs.seconds) return std::nullopt;
  constexpr double kMargin = 2, kMinute = 60, kStart = 10;
  const double seconds = std::max(*needs.longest, *needs.seconds / flags.predict_tasks + *needs.longest);
  return static_cast<int>(std::ceil(kMargin * seconds / kMinute + kStart));
}

int64_t memory_of_task(int64_t memory) {
  constexpr int64_t kBeside = int64_t{1} << 30;  // the features of the next job, and searches
  return memory + memory / 4 + kBeside;
}

struct Arrays {
  std::optional<batch::SlurmArray> search;
  batch::SlurmArray predict;
};

Arrays arrays_of(const Arguments& arguments, const BatchFlags& flags, const ClusterFlags& cluster,
                 const Needs& needs) {
  std::vector<std::string> command = {fs::read_symlink("/proc/self/exe").string(), "predict"};
  const Arguments passed = handed_on(arguments);
  command.insert(command.end(), passed.begin(), passed.end());
  command.insert(command.end(),
                 {"--resume", "--attempt={array}", fmt::format("--threads={}", cluster.cpus_per_task)});
  batch::SlurmArray array;
  array.cpus = cluster.cpus_per_task;
  array.memory = memory_of_task(needs.memory);
  array.options = cluster.sbatch;
  Arrays arrays{std::nullopt, array};
  arrays.predict.name = "pleat-predict";
  arrays.predict.command = command;
  arrays.predict.tasks = cluster.predict_tasks;
  arrays.predict.minutes = minutes_of(needs, cluster);
  const bool on_gpu = flags.model.device.device != "cpu" && flags.model.device.device != "cuda_emulated";
  arrays.predict.gres = cluster.gres.empty() && on_gpu ? "gpu:1" : cluster.gres;
  if (!needs.searches) return arrays;
  array.name = "pleat-search";
  array.command = command;
  array.command.insert(array.command.end(),
                       {"--norun_inference", fmt::format("--part={{task}}/{}", cluster.search_tasks)});
  array.tasks = cluster.search_tasks;
  if (cluster.time_limit > 0) array.minutes = cluster.time_limit;
  arrays.search = array;
  return arrays;
}

// Hands a script to sbatch; returns the number of the Slurm job.
std::string submit(const fs::path& folder, const std::string& name, const batch::SlurmArray& array,
                   const std::string& after) {
  const fs::path script = folder / (name + ".sh");
  write_file(script, batch::slurm_script(array));
  std::vector<std::string> command = {search::find_program("sbatch", "PATH").string(), "--parsable",
                                      "--output=" + (folder / (name + "-%A_%a.log")).string()};
  if (!after.empty()) command.push_back("--dependency=afterany:" + after);
  command.push_back(script.string());
  const std::string answer = search::run_program(command, search::Cancellation(), true);
  return answer.substr(0, answer.find_first_of(";\n"));
}

ordered_json jobs_json(const Jobs& jobs) {
  ordered_json list = ordered_json::array();
  for (const Job& job : jobs.good)
    list.push_back({{"name", job.input.name}, {"folder", job.input.sanitised_name()}, {"input", job.place}});
  for (const batch::Outcome& refused : jobs.outcomes.all())
    list.push_back(
        {{"name", refused.name}, {"input", refused.place}, {"refused", refused.reasons.front().what()}});
  return list;
}

// What a job of the list is doing.
std::string state_of(const fs::path& output_dir, const ordered_json& job) {
  if (job.contains("refused")) return "refused";
  const std::string name = job.at("folder");
  if (batch::is_complete(output_dir, name)) return "done";
  if (batch::Claim::is_taken(output_dir, name)) return "running";
  return batch::noted_failure(output_dir, name) ? "failed" : "left";
}

std::string reason_of(const fs::path& output_dir, const ordered_json& job) {
  if (job.contains("refused")) return job.at("refused");
  return batch::noted_failure(output_dir, job.at("folder"))->reason.what();
}

}  // namespace

int cluster_slurm(const Arguments& arguments) {
  BatchFlags flags;
  JaxFlags jax;
  ClusterFlags cluster;
  CommandLine line(
      "cluster slurm",
      "Submits a batch as array jobs of Slurm: one that searches, one that predicts. Takes the flags of "
      "pleat predict; with --dry_run prints the scripts.");
  flags.declare_predict(line, jax);
  cluster.declare(line);
  line.example("pleat cluster slurm --input_dir jobs --output_dir results --time_limit 600 --dry_run",
               "Print the scripts of a batch.");
  if (!line.parse(arguments)) return kSuccess;
  flags.jobs.check();
  if (flags.jobs.watch || !flags.run_inference)
    throw UsageError("cluster slurm has no --watch and no --norun_inference");
  const Jobs jobs = accept_jobs(flags.jobs.read(
      flags.jobs.files(), {open_ccd(flags.features.ccd), flags.features.options, flags.check_chain()}));
  if (jobs.good.empty()) return kFailure;
  const Arrays arrays =
      arrays_of(arguments, flags, cluster, needs_of(flags, jobs.good, cluster.time_limit == 0));
  if (flags.jobs.dry_run) {
    if (arrays.search) fmt::print("{}\n", batch::slurm_script(*arrays.search));
    fmt::print("{}", batch::slurm_script(arrays.predict));
    return batch::exit_status(jobs.outcomes.all().size(), jobs.outcomes.all().size() + jobs.good.size());
  }
  flags.jobs.make_output_dir();
  const fs::path folder = fs::absolute(flags.jobs.output_dir) / "slurm";
  write_file(folder / "jobs.json",
             jobs_json(jobs).dump(1, ' ', false, ordered_json::error_handler_t::replace) + "\n");
  const std::string search = arrays.search ? submit(folder, "search", *arrays.search, "") : "";
  const std::string predict = submit(folder, "predict", arrays.predict, search);
  fmt::print("{}", arrays.search ? "Searches are Slurm job " + search + ".\n" : "");
  fmt::print("Predictions are Slurm job {}. pleat cluster status {} says how they go on.\n", predict,
             flags.jobs.output_dir);
  return kSuccess;
}

int cluster_status(const Arguments& arguments) {
  std::string output_dir;
  CommandLine line("cluster status",
                   "Prints what is done, running, failed and left of a batch on a cluster.");
  line.argument("OUTPUT_DIR", output_dir, "The output folder of pleat cluster slurm");
  if (!line.parse(arguments)) return kSuccess;
  const fs::path list = fs::path(output_dir) / "slurm" / "jobs.json";
  const ordered_json jobs = ordered_json::parse(read_file(list), nullptr, false);
  if (!jobs.is_array()) throw Error(list.string(), "it is no list of jobs", "Submit the batch again.");
  std::map<std::string, int> counts = {
      {"done", 0}, {"running", 0}, {"failed", 0}, {"refused", 0}, {"left", 0}};
  for (const ordered_json& job : jobs) {
    const std::string state = state_of(output_dir, job);
    ++counts[state];
    if (state == "running") fmt::print("running  {}\n", job.at("name").get<std::string>());
    if (state == "failed" || state == "refused")
      fmt::print("{:<8} {}: {}\n", state, job.at("name").get<std::string>(),
                 one_line(reason_of(output_dir, job)));
  }
  fmt::print("{} jobs: {} done, {} running, {} failed, {} refused, {} left.\n", jobs.size(), counts["done"],
             counts["running"], counts["failed"], counts["refused"], counts["left"]);
  return kSuccess;
}

}  // namespace pleat::cli
