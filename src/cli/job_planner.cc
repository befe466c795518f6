#include "cli/job_planner.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "batch/checksum.h"
#include "cli/seed_features.h"
#include "input/read_input.h"
#include "model/work.h"

namespace pleat::cli {
namespace {

std::string boolean_text(bool value) { return value ? "true" : "false"; }

// Seeds don't count: those that are added later go on with the results of the first.
std::string input_checksum(input::FoldInput job) {
  job.seeds.clear();
  return batch::checksum(input::to_json(job));
}

}  // namespace

double SeedWork::at(std::string_view stage, int done, int total) const {
  const double part = static_cast<double>(done) / total;
  if (stage == "trunk") return part * trunk;
  if (stage == "diffusion") return trunk + part * diffusion;
  return trunk + diffusion + part * confidence;
}

JobPlan JobPlanner::plan(const input::FoldInput& job) const {
  batch::Origin origin{input_checksum(job), search_settings(job), engine_ ? engine_->weights : "",
                       network_settings(job)};
  return plan_job(flags_.jobs.output_dir, job.sanitised_name(), std::move(origin), expected(job),
                  flags_.jobs.resume);
}

batch::Manifest JobPlanner::manifest(const Job& job, const JobPlan& plan) const {
  batch::Manifest manifest;
  manifest.name = job.input.name;
  manifest.input_file = job.place;
  manifest.origin = plan.origin;
  manifest.seeds = job.input.seeds;
  if (!engine_) return manifest;
  manifest.weights_source = engine_->weights_source;
  manifest.machine = engine_->machine;
  return manifest;
}

bench::JobSize JobPlanner::size(const input::FoldInput& job) const {
  return bench::job_size(job, *components_of(job, ccd_), flags_.features.options);
}

SeedWork JobPlanner::work(const bench::JobSize& size, size_t samples) const {
  if (samples == 0 || !engine_) return {};
  // Empty templates are equal and share one embedding.
  const int64_t embeddings = std::min<int64_t>(featurise::kTemplates, size.templates + 1);
  const model::ModelOptions& options = flags_.model.options;
  const model::Work work = model::work_of(
      engine_->network.sizes,
      {size.tokens, size.atoms, size.msa_rows, embeddings, static_cast<int64_t>(samples), true});
  return {(work.target_feat + (options.num_recycles + 1) * work.trunk_pass).operations,
          (work.diffusion_preparation + options.num_diffusion_steps * work.diffusion_step).operations,
          (static_cast<double>(samples) * work.confidence_sample + work.distogram).operations};
}

double JobPlanner::work(const bench::JobSize& size, const batch::Left& left) const {
  double sum = 0;
  for (const batch::Left::Seed& seed : left.seeds) sum += work(size, seed.samples.size()).sum();
  return sum;
}

int64_t JobPlanner::bytes(const bench::JobSize& size, const JobPlan& plan) const {
  if (plan.left.nothing()) return 0;
  output::ResultWidths widths;
  if (engine_) {
    const weights::NetworkSizes& network = engine_->network.sizes;
    widths = {network.single_channels, network.pair_channels, network.distogram_bins};
  }
  const output::ResultBytes of = output::result_bytes(size.tokens, size.atoms, widths, flags_.output);
  int64_t sum = plan.left.whole ? of.sample : 0;
  for (const batch::Left::Seed& seed : plan.left.seeds)
    sum += of.seed + static_cast<int64_t>(seed.samples.size()) * of.sample;
  return sum + (plan.left.data ? size.tokens * size.msa_rows : 0);
}

batch::Settings JobPlanner::search_settings(const input::FoldInput& job) const {
  if (!flags_.run_data_pipeline) return {};
  batch::Settings settings;
  if (is_incomplete(job)) {
    settings = flags_.search.settings();
    settings["max_template_date"] = flags_.features.options.max_template_date;
  }
  settings["run_data_pipeline"] = "true";
  return settings;
}

batch::Settings JobPlanner::network_settings(const input::FoldInput& job) const {
  if (!engine_) return {};
  const featurise::FeaturiseOptions& features = flags_.features.options;
  const model::ModelOptions& network = flags_.model.options;
  batch::Settings settings = {{"num_recycles", std::to_string(network.num_recycles)},
                              {"num_diffusion_steps", std::to_string(network.num_diffusion_steps)},
                              {"precision", engine_->machine.arithmetic},
                              {"buckets", fmt::format("{}", fmt::join(features.buckets, ","))},
                              {"max_template_date", features.max_template_date},
                              {"fix_standalone_glycans", boolean_text(features.fix_standalone_glycans)},
                              {"resolve_msa_overlaps", boolean_text(features.resolve_msa_overlaps)}};
  if (flags_.output.ligand_bonds) settings["ligand_bonds"] = "true";
  if (features.conformer_max_iterations)
    settings["conformer_max_iterations"] = std::to_string(*features.conformer_max_iterations);
  if (!flags_.features.ccd.empty()) settings["ccd"] = batch::file_checksum(expand_home(flags_.features.ccd));
  if (!flags_.features_dir.empty()) {
    batch::Checksum sum;
    for (const uint32_t seed : job.seeds) {
      const fs::path file = features_file(flags_.features_dir, job.sanitised_name(), seed);
      if (fs::exists(file)) sum.add(batch::file_checksum(file));  // the job fails for one that isn't there
    }
    settings["features"] = sum.digits();
  }
  return settings;
}

batch::Expected JobPlanner::expected(const input::FoldInput& job) const {
  const std::string name = job.sanitised_name();
  batch::Expected expected{output::data_file(name), {}, {}};
  if (!engine_) return expected;
  for (const uint32_t number : job.seeds) {
    batch::Expected::Seed seed{number, output::seed_files(name, number, flags_.output), {}};
    for (int sample = 0; sample < flags_.model.options.num_diffusion_samples; ++sample)
      seed.samples.push_back(output::sample_files(name, number, sample, flags_.output));
    expected.seeds.push_back(std::move(seed));
  }
  expected.whole = output::whole_files(name, flags_.output);
  return expected;
}

std::string left_text(const JobPlan& plan) {
  const batch::Left& left = plan.left;
  if (left.nothing()) return "complete";
  if (left.seeds.empty()) return left.data ? "MSAs and templates" : "the ranking of the samples";
  size_t samples = 0;
  for (const batch::Left::Seed& seed : left.seeds) samples += seed.samples.size();
  return fmt::format("{}{} of {} seeds, {} {}", left.data ? "" : "MSAs and templates are there; ",
                     left.seeds.size(), plan.expected.seeds.size(), samples,
                     samples == 1 ? "sample" : "samples");
}

}  // namespace pleat::cli
