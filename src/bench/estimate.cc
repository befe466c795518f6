#include "bench/estimate.h"

#include <algorithm>

#include "model/work.h"

namespace pleat::bench {
namespace {

// Number of rows of A3M text; 1, the query, for empty text.
int64_t rows_of(const std::string& a3m) {
  return std::max<int64_t>(1, std::count(a3m.begin(), a3m.end(), '>'));
}

// Number of rows of a given MSA, or the assumed number for a missing one.
int64_t rows_of(const std::optional<std::string>& a3m, JobSize& size) {
  if (a3m) return rows_of(*a3m);
  size.complete = false;
  return kAssumedRows;
}

void add_chain(const input::ProteinChain& chain, JobSize& size) {
  const int64_t unpaired = rows_of(chain.unpaired_msa, size), paired = rows_of(chain.paired_msa, size);
  size.msa_rows = std::max(size.msa_rows, unpaired + paired - 1);  // both have the query
  if (!chain.templates) size.complete = false;
  size.templates = std::max(size.templates, chain.templates ? static_cast<int64_t>(chain.templates->size())
                                                            : int64_t{featurise::kTemplates});
}

void add_chain(const input::RnaChain& chain, JobSize& size) {
  size.msa_rows = std::max(size.msa_rows, rows_of(chain.unpaired_msa, size));
}

void add_chain(const input::DnaChain&, JobSize&) {}
void add_chain(const input::Ligand&, JobSize&) {}

}  // namespace

JobSize job_size(const input::FoldInput& job, const chem::Ccd& components,
                 const featurise::FeaturiseOptions& options) {
  const featurise::StructureLayout layout = featurise::structure_layout(job, components, options);
  JobSize size;
  size.tokens = static_cast<int64_t>(layout.tokens.size());
  size.atoms = static_cast<int64_t>(layout.atoms.size());
  size.bucket = featurise::bucket_size(size.tokens, options.buckets);
  for (const input::Chain& chain : job.chains) std::visit([&](const auto& c) { add_chain(c, size); }, chain);
  return size;
}

Network network_of(const ops::Backend& ops, const weights::Parameters& parameters,
                   ops::Arithmetic arithmetic) {
  return {network_sizes(parameters), model::held_by_program(ops, parameters, arithmetic),
          model::held_while_packing(ops, parameters, arithmetic)};
}

model::MemoryPlan memory_of(const ops::Backend& ops, const Network& network, const JobSize& size,
                            ops::Arithmetic arithmetic, const model::ModelOptions& options) {
  const model::PredictionSize prediction{size.tokens, size.atoms, size.msa_rows,
                                         options.num_diffusion_samples};
  const int64_t held = network.held + model::held_by_features(ops, prediction);
  return model::plan_memory(ops, network.sizes, prediction, arithmetic, held, options.max_memory);
}

namespace {

model::Work work_of_seed(const weights::NetworkSizes& network, const JobSize& size, bool keep_pair_logits,
                         const model::ModelOptions& options, ops::Arithmetic arithmetic) {
  // Empty templates are equal and share one embedding.
  const int64_t embeddings = std::min<int64_t>(featurise::kTemplates, size.templates + 1);
  return model::work_of(network, {size.tokens, size.atoms, size.msa_rows, embeddings,
                                  options.num_diffusion_samples, keep_pair_logits, arithmetic});
}

}  // namespace

StageSeconds seconds_of_seed(const weights::NetworkSizes& network, const JobSize& size, bool keep_pair_logits,
                             const model::ModelOptions& options, const Calibration& calibration) {
  const int samples = options.num_diffusion_samples;
  const model::Work work = work_of_seed(network, size, keep_pair_logits, options, ops::Arithmetic::float32);
  const auto tokens = static_cast<double>(size.tokens);
  const double trunk = rate_at(calibration.trunk, tokens);
  const double diffusion = rate_at(calibration.diffusion, tokens * samples);
  return {
      calibration.seconds_per_token * tokens,
      (work.target_feat + (options.num_recycles + 1) * work.trunk_pass).operations / trunk,
      (work.diffusion_preparation + options.num_diffusion_steps * work.diffusion_step).operations / diffusion,
      (samples * work.confidence_sample + work.distogram).operations / trunk};
}

StageSeconds least_seconds_of_seed(const weights::NetworkSizes& network, const JobSize& size,
                                   bool keep_pair_logits, const model::ModelOptions& options,
                                   ops::Arithmetic arithmetic, const cuda::Rates& rates) {
  const model::Work work = work_of_seed(network, size, keep_pair_logits, options, arithmetic);
  const auto seconds = [&](const model::Cost& cost, ops::Arithmetic of_part) {
    return model::least_seconds(cost, {rates.operations(of_part), rates.bytes, rates.exponentials});
  };
  const ops::Arithmetic trunk = model::trunk_arithmetic(arithmetic),
                        diffusion = model::diffusion_arithmetic(arithmetic);
  return {0,
          seconds(work.target_feat, ops::Arithmetic::float32) +
              (options.num_recycles + 1) * seconds(work.trunk_pass, trunk),
          seconds(work.diffusion_preparation, diffusion) +
              options.num_diffusion_steps * seconds(work.diffusion_step, diffusion),
          options.num_diffusion_samples * seconds(work.confidence_sample, trunk) +
              seconds(work.distogram, trunk)};
}

}  // namespace pleat::bench
