// pleat estimate: how large the jobs of input JSONs are, and the memory and time that they take on this
// machine, before anything runs.
#include <fmt/format.h>

#include <algorithm>

#include "base/cpu.h"
#include "base/memory.h"
#include "cli/calibration.h"
#include "cli/commands.h"
#include "cli/flags.h"
#include "cli/jobs.h"
#include "featurise/featurise.h"
#include "kernels/isa.h"
#include "model/memory_plan.h"
#include "model/work.h"
#include "ops/cpu_backend.h"
#include "weights/parameters.h"

namespace pleat::cli {
namespace {

// The alignments and templates of a job, as far as they decide its time.
struct Evidence {
  int64_t msa_rows = 1, templates = 0;
  bool complete = true;  // false: some are to be searched for, and are assumed
};

constexpr int64_t kAssumedRows = 1024;  // of an MSA yet to be found: all that a pass of the trunk sees

// Rows of A3M text; the query alone where there are none.
int64_t rows_of(const std::string& a3m) {
  return std::max<int64_t>(1, std::count(a3m.begin(), a3m.end(), '>'));
}

// The rows of an alignment that is given, or else assumed.
int64_t rows_of(const std::optional<std::string>& a3m, Evidence& evidence) {
  if (a3m) return rows_of(*a3m);
  evidence.complete = false;
  return kAssumedRows;
}

void add_chain(const input::ProteinChain& chain, Evidence& evidence) {
  const int64_t unpaired = rows_of(chain.unpaired_msa, evidence),
                paired = rows_of(chain.paired_msa, evidence);
  evidence.msa_rows = std::max(evidence.msa_rows, unpaired + paired - 1);  // the query stands in both
  if (!chain.templates) evidence.complete = false;
  evidence.templates =
      std::max(evidence.templates, chain.templates ? static_cast<int64_t>(chain.templates->size())
                                                   : int64_t{featurise::kTemplates});
}

void add_chain(const input::RnaChain& chain, Evidence& evidence) {
  evidence.msa_rows = std::max(evidence.msa_rows, rows_of(chain.unpaired_msa, evidence));
}

void add_chain(const input::DnaChain&, Evidence&) {}
void add_chain(const input::Ligand&, Evidence&) {}

Evidence evidence_of(const input::FoldInput& input) {
  Evidence evidence;
  for (const input::Chain& chain : input.chains)
    std::visit([&](const auto& c) { add_chain(c, evidence); }, chain);
  return evidence;
}

struct JobSize {
  int64_t tokens, atoms, bucket;
  Evidence evidence;
};

JobSize size_of(const input::FoldInput& input, const std::shared_ptr<const chem::Ccd>& dictionary,
                const featurise::FeaturiseOptions& options) {
  const chem::StructureLayout layout =
      featurise::structure_layout(input, *components_of(input, dictionary), options);
  const auto tokens = static_cast<int64_t>(layout.tokens.size());
  return {tokens, static_cast<int64_t>(layout.atoms.size()), featurise::bucket_size(tokens, options.buckets),
          evidence_of(input)};
}

void print_size(const JobSize& size, size_t seeds) {
  const Evidence& e = size.evidence;
  fmt::print("  {} tokens, {} atoms, bucket {}; {} seed{}\n", size.tokens, size.atoms, size.bucket, seeds,
             seeds == 1 ? "" : "s");
  if (e.complete) {
    fmt::print("  MSA of {} row{}, {} template{}\n", e.msa_rows, e.msa_rows == 1 ? "" : "s", e.templates,
               e.templates == 1 ? "" : "s");
  } else {
    fmt::print(
        "  MSAs or templates are to be searched for: {} rows and {} templates are assumed where they are "
        "missing, and the search's own time is left out\n",
        kAssumedRows, featurise::kTemplates);
  }
}

// What an estimate has to know of the network.
struct Network {
  weights::NetworkSizes sizes;
  int64_t held, held_while_packing;  // bytes
};

// That of a weights folder; AlphaFold 3's own where none is named.
Network network_of(const ops::Backend& ops, const ModelFlags& flags) {
  using weights::Parameters;
  const Parameters parameters = flags.model_dir.empty() ? Parameters::of_sizes(weights::official_sizes())
                                                        : Parameters::outline(expand_home(flags.model_dir));
  return {network_sizes(parameters), model::held_by_program(ops, parameters, flags.precision),
          model::held_while_packing(ops, parameters, flags.precision)};
}

// With what is held while the network runs.
model::MemoryPlan memory_of(const ops::Backend& ops, const Network& network, const JobSize& size,
                            const ModelFlags& flags) {
  const model::PredictionSize prediction{size.tokens, size.atoms, size.evidence.msa_rows,
                                         flags.options.num_diffusion_samples};
  const int64_t held = network.held + model::held_by_features(prediction);
  return model::plan_memory(ops, network.sizes, prediction, flags.precision, held, flags.options.max_memory);
}

void print_memory(const model::MemoryPlan& plan, int64_t reading, int64_t limit) {
  const int64_t peak = std::max(plan.peak(), reading);
  fmt::print("  memory      {} (reading parameters {}, trunk {}, diffusion {}, confidence {})\n",
             size_text(peak), size_text(reading), size_text(plan.trunk), size_text(plan.diffusion),
             size_text(plan.confidence));
  if (peak > limit)
    fmt::print("              more than the {} that may be used: predict refuses it\n", size_text(limit));
}

// Seconds of a seed.
struct Seconds {
  double features, trunk, diffusion, confidence;
  double sum() const { return features + trunk + diffusion + confidence; }
};

Seconds seconds_of_seed(const weights::NetworkSizes& network, const JobSize& size, bool keep_pair_logits,
                        const model::ModelOptions& options, const Calibration& calibration) {
  const Evidence& e = size.evidence;
  const int samples = options.num_diffusion_samples;
  // Where fewer than four templates are given, the empty ones are equal and share one embedding.
  const int64_t embeddings = std::min<int64_t>(featurise::kTemplates, e.templates + 1);
  const model::Work work =
      model::work_of(network, {size.tokens, size.atoms, e.msa_rows, embeddings, samples, keep_pair_logits});
  const auto tokens = static_cast<double>(size.tokens);
  const double trunk = rate_at(calibration.trunk, tokens);
  const double diffusion = rate_at(calibration.diffusion, tokens * samples);
  return {calibration.seconds_per_token * tokens,
          (work.target_feat + (options.num_recycles + 1) * work.trunk_pass) / trunk,
          (work.diffusion_preparation + options.num_diffusion_steps * work.diffusion_step) / diffusion,
          (samples * work.confidence_sample + work.distogram) / trunk};
}

std::string time_text(double seconds) {
  constexpr double kMinute = 60, kHour = 3600, kPrecise = 10;
  if (seconds < kPrecise) return fmt::format("{:.1f} s", seconds);
  if (seconds < 2 * kMinute) return fmt::format("{:.0f} s", seconds);
  if (seconds < 2 * kHour) return fmt::format("{:.1f} min", seconds / kMinute);
  return fmt::format("{:.1f} h", seconds / kHour);
}

void print_time(const Seconds& seconds, size_t seeds) {
  fmt::print("  features    {}\n  trunk       {}\n  diffusion   {}\n  confidence  {}\n",
             time_text(seconds.features), time_text(seconds.trunk), time_text(seconds.diffusion),
             time_text(seconds.confidence));
  fmt::print("  a seed      {}\n", time_text(seconds.sum()));
  fmt::print("  in all      {}\n", time_text(seconds.sum() * static_cast<double>(seeds)));
}

}  // namespace

int estimate(const Arguments& arguments) {
  std::vector<std::string> files;
  FeatureFlags features;
  ModelFlags model;
  CommandLine line(
      "estimate",
      "Says how large the jobs of input JSONs are, and the memory and time that they take on this "
      "machine, without running them. Measures the machine for some seconds the first time.");
  line.arguments("FILE", files, "Input JSONs");
  model.model_dir.clear();
  line.value("model_dir", model.model_dir, "Folder of the weights of a network of other sizes")
      ->default_str("the official network");
  model.declare_run(line, 1);
  features.declare(line);
  if (!line.parse(arguments)) return kSuccess;

  const int threads = model.threads > 0 ? model.threads : usable_cores();
  const auto dictionary = features.open_ccd();
  ThreadPool pool(threads);
  const ops::CpuBackend ops(pool);
  const Network network = network_of(ops, model);
  std::optional<Calibration> calibration;  // measured when the first job without problems needs it
  size_t problems = 0;
  for (const std::string& file : files) {
    for (const input::JobReading& job : read_checked_jobs(file, usual_rules(dictionary, features.options))) {
      for (const Error& problem : job.problems) report_error(problem.what());
      problems += job.problems.size();
      if (!job.problems.empty()) continue;
      if (!calibration) calibration = known_calibration(model.precision, threads);
      fmt::print("{} {}\n", job.place, job.input.name);
      const JobSize size = size_of(job.input, dictionary, features.options);
      const model::MemoryPlan plan = memory_of(ops, network, size, model);
      print_size(size, job.input.seeds.size());
      print_memory(plan, network.held_while_packing, model.options.max_memory);
      print_time(seconds_of_seed(network.sizes, size, plan.keep_pair_logits, model.options, *calibration),
                 job.input.seeds.size());
    }
  }
  return problems == 0 ? kSuccess : kFailure;
}

}  // namespace pleat::cli
