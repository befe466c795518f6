#include "cli/seed_features.h"

#include <fmt/format.h>

#include "base/error.h"

namespace pleat::cli {

fs::path features_file(const fs::path& folder, const std::string& name, uint32_t seed) {
  return folder / fmt::format("{}_seed-{}_features.npz", name, seed);
}

SeedFeatures::SeedFeatures(const input::FoldInput& input, const chem::Ccd& ccd,
                           const featurise::FeaturiseOptions& options, const std::string& folder,
                           ThreadPool& pool)
    : input_(input), folder_(folder) {
  if (folder.empty())
    made_.emplace(input, ccd, options, pool);
  else
    layout_ = featurise::structure_layout(input, ccd, options);
}

const featurise::Batch& SeedFeatures::for_seed(uint32_t seed) {
  return made_ ? made_->for_seed(seed) : read_ = read(seed);
}

featurise::Batch SeedFeatures::read(uint32_t seed) const {
  const fs::path file = features_file(folder_, input_.sanitised_name(), seed);
  featurise::Batch batch = featurise::read_features(file);
  const auto tokens = static_cast<int64_t>(layout_.tokens.size());
  if (batch.tokens != tokens) {
    throw Error(file.string(), fmt::format("it has {} tokens, the job {}", batch.tokens, tokens),
                "Make the features anew from this input.");
  }
  return batch;
}

}  // namespace pleat::cli
