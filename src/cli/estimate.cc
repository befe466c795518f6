// pleat estimate: prints the sizes of the jobs in input JSONs, and the memory and time that they need on this
// machine, without running them.
#include "bench/estimate.h"

#include <fmt/format.h>

#include <set>

#include "base/cpu.h"
#include "base/memory.h"
#include "bench/search_speed.h"
#include "cli/commands.h"
#include "cli/flags.h"
#include "cli/jobs.h"
#include "cli/search_flags.h"
#include "cuda/backend.h"
#include "cuda/rates.h"

namespace pleat::cli {
namespace {

// "1 row", "2 rows".
std::string count_text(int64_t count, const char* unit) {
  return fmt::format("{} {}{}", count, unit, count == 1 ? "" : "s");
}

void print_size(const bench::JobSize& size, size_t seeds) {
  fmt::print("  {} tokens, {} atoms, bucket {}; {}\n", size.tokens, size.atoms, size.bucket,
             count_text(static_cast<int64_t>(seeds), "seed"));
  if (size.complete) {
    fmt::print("  MSA of {}, {}\n", count_text(size.msa_rows, "row"), count_text(size.templates, "template"));
  } else {
    fmt::print(
        "  pleat will search for missing MSAs or templates. The estimate assumes {} rows and {} templates "
        "where they are missing\n",
        bench::kAssumedRows, featurise::kTemplates);
  }
}

// The parameters of a weights folder, without values; AlphaFold 3's own when there is no folder.
weights::Parameters parameters_of(const ModelFlags& flags) {
  using weights::Parameters;
  return flags.model_dir.empty() ? Parameters::of_sizes(weights::official_sizes())
                                 : Parameters::outline(expand_home(flags.model_dir));
}

void print_memory(const model::MemoryPlan& plan, int64_t reading, int64_t limit) {
  const int64_t peak = std::max(plan.peak(), reading);
  fmt::print("  memory      {} (reading parameters {}, trunk {}, diffusion {}, confidence {})\n",
             size_text(peak), size_text(reading), size_text(plan.trunk), size_text(plan.diffusion),
             size_text(plan.confidence));
  if (plan.pair_on_host)
    fmt::print("              the pair takes {} of the host's memory, which is slower\n",
               size_text(plan.host));
  if (peak > limit)
    fmt::print("              pleat may use only {}: predict will refuse the job\n", size_text(limit));
}

std::string time_text(double seconds) {
  constexpr double kMinute = 60, kHour = 3600, kPrecise = 10;
  if (seconds < kPrecise) return fmt::format("{:.1f} s", seconds);
  if (seconds < 2 * kMinute) return fmt::format("{:.0f} s", seconds);
  if (seconds < 2 * kHour) return fmt::format("{:.1f} min", seconds / kMinute);
  return fmt::format("{:.1f} h", seconds / kHour);
}

void print_time(const bench::StageSeconds& seconds, size_t seeds) {
  fmt::print("  features    {}\n  trunk       {}\n  diffusion   {}\n  confidence  {}\n",
             time_text(seconds.features), time_text(seconds.trunk), time_text(seconds.diffusion),
             time_text(seconds.confidence));
  fmt::print("  per seed    {}\n", time_text(seconds.sum()));
  fmt::print("  total       {}\n", time_text(seconds.sum() * static_cast<double>(seeds)));
}

// Estimates a job's protein searches from the sizes of the database files.
void print_searches(const input::FoldInput& job, const search::SearchConfig& config, int threads) {
  std::set<std::string> queries;
  for (const input::Chain& chain : job.chains) {
    const auto* protein = std::get_if<input::ProteinChain>(&chain);
    if (protein && !protein->unpaired_msa && !protein->paired_msa) queries.insert(protein->sequence);
  }
  if (queries.empty()) return;
  int64_t bytes = 0;
  for (size_t i = 0; i < config.databases.size(); ++i) {
    if (search::database_rule(static_cast<search::SequenceDatabase>(i)).kind !=
        search::MsaSearch::Kind::protein)
      continue;
    try {
      for (const fs::path& file : search::locate_database(config.databases[i], config.db_dirs).files)
        bytes += static_cast<int64_t>(fs::file_size(file));
    } catch (const Error& error) {
      fmt::print("  search      unknown: {}\n", error.what());
      return;
    }
  }
  bench::SearchEstimate sum;
  for (const std::string& query : queries) {
    const auto one = bench::estimate_search(static_cast<int>(query.size()), bytes, threads);
    sum.seconds += one.seconds;
    sum.memory = std::max(sum.memory, one.memory);
  }
  fmt::print(
      "  search      {} for proteins in {} of databases, if the disk is fast enough; memory at most {} "
      "beside the "
      "hits\n",
      time_text(sum.seconds), size_text(bytes), size_text(sum.memory));
}

// Shared by the estimates of all jobs of a run.
struct Estimator {
  const ModelFlags& model;
  const FeatureFlags& features;
  search::SearchConfig searches;
  int threads;
  std::shared_ptr<const chem::Ccd> dictionary;
  ops::Backend& ops;
  bench::Network network;
  // Measured for the first job without problems: the machine, or the GPU.
  std::optional<bench::Calibration> calibration;
  std::optional<cuda::Rates> rates;

  void print(const input::JobReading& job);

 private:
  void print_least_time(const bench::JobSize& size, bool keep_pair_logits, size_t seeds);
};

// What a GPU's peaks allow. pleat does not know the share of them that it reaches on this GPU: pleat bench measures it.
void Estimator::print_least_time(const bench::JobSize& size, bool keep_pair_logits, size_t seeds) {
  if (model.device.emulated())
    return fmt::print("  time        unknown: the speed of an emulation means nothing\n");
  if (!rates) rates = cuda::measure_rates(static_cast<cuda::CudaBackend&>(ops).device());
  const bench::StageSeconds least = bench::least_seconds_of_seed(network.sizes, size, keep_pair_logits,
                                                                 model.options, model.precision, *rates);
  fmt::print(
      "  time        at least {} per seed (trunk {}, diffusion {}, confidence {}), {} in all, by the GPU's "
      "peaks\n",
      time_text(least.sum()), time_text(least.trunk), time_text(least.diffusion), time_text(least.confidence),
      time_text(least.sum() * static_cast<double>(seeds)));
}

void Estimator::print(const input::JobReading& job) {
  if (!calibration && ops.on_host()) calibration = bench::known_calibration(model.precision, threads);
  fmt::print("{} {}\n", job.place.text(), job.input.name);
  const bench::JobSize size =
      bench::job_size(job.input, *components_of(job.input, dictionary), features.options);
  const model::MemoryPlan plan = bench::memory_of(ops, network, size, model.precision, model.options);
  print_size(size, job.input.seeds.size());
  print_memory(plan, network.held_while_packing, model.options.max_memory);
  if (!size.complete) print_searches(job.input, searches, threads);
  if (!ops.on_host()) return print_least_time(size, plan.keep_pair_logits, job.input.seeds.size());
  print_time(bench::seconds_of_seed(network.sizes, size, plan.keep_pair_logits, model.options, *calibration),
             job.input.seeds.size());
}

}  // namespace

int estimate(const Arguments& arguments) {
  std::vector<std::string> files;
  FeatureFlags features;
  SearchFlags searches;
  ModelFlags model;
  CommandLine line(
      "estimate",
      "Prints the sizes of the jobs in input JSONs, and the memory and time that they need on this "
      "machine, without running them. The first time, pleat measures the machine for a few seconds.");
  line.arguments("FILE", files, "Input JSONs");
  model.model_dir.clear();
  line.value("model_dir", model.model_dir, "Folder of the weights of a network of other sizes")
      ->default_str("the official network");
  model.declare_run(line, 1);
  features.declare(line);
  searches.declare_databases(line);
  line.example("pleat estimate job.json", "Print the memory and time that the job would take here.");
  if (!line.parse(arguments)) return kSuccess;

  const int threads = model.threads > 0 ? model.threads : usable_cores();
  ThreadPool pool(threads);
  const std::unique_ptr<ops::Backend> ops = model.open(pool);
  Estimator estimator{model,
                      features,
                      searches.config(),
                      threads,
                      open_ccd(features.ccd),
                      *ops,
                      bench::network_of(*ops, parameters_of(model), model.precision),
                      {},
                      {}};
  const JobRules rules = usual_rules(estimator.dictionary, features.options);
  size_t problems = 0;
  for (const std::string& file : files) {
    for (const input::JobReading& job : read_checked_jobs(file, rules)) {
      for (const Error& problem : job.problems) report_error(problem.what());
      problems += job.problems.size();
      if (job.problems.empty()) estimator.print(job);
    }
  }
  return problems == 0 ? kSuccess : kFailure;
}

}  // namespace pleat::cli
