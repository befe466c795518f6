// The features of a job's seeds, made here or read from the folder of --features.
#pragma once

#include <optional>
#include <string>

#include "base/file.h"
#include "featurise/featurise.h"

namespace pleat::cli {

// Where the features of a seed are: FOLDER/NAME_seed-S_features.npz.
fs::path features_file(const fs::path& folder, const std::string& name, uint32_t seed);

class SeedFeatures {
 public:
  // `folder` empty: they are made. `input`, `ccd` and `pool` must outlive this.
  SeedFeatures(const input::FoldInput& input, const chem::Ccd& ccd,
               const featurise::FeaturiseOptions& options, const std::string& folder, ThreadPool& pool);

  const featurise::StructureLayout& layout() const { return made_ ? made_->layout() : layout_; }
  // Until the next call.
  const featurise::Batch& for_seed(uint32_t seed);

 private:
  featurise::Batch read(uint32_t seed) const;

  const input::FoldInput& input_;
  std::string folder_;
  std::optional<featurise::JobFeatures> made_;
  featurise::StructureLayout layout_;  // of features that are read
  featurise::Batch read_;
};

}  // namespace pleat::cli
