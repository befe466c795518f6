// Options of featurisation.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace pleat::featurise {

struct FeaturiseOptions {
  std::vector<int> buckets = {128,  256,  384,  512,  768,  1024, 1280, 1536,
                              2048, 2560, 3072, 3584, 4096, 4608, 5120};
  std::optional<int> conformer_max_iterations;
  std::optional<double> conformer_timeout;  // seconds of one conformer search
  // Where conformer searches that failed are kept for later runs (failed_conformers.h).
  std::optional<std::filesystem::path> conformer_failures;
  std::string max_template_date = "2021-09-30";
  bool fix_standalone_glycans = false;
  bool resolve_msa_overlaps = true;
};

}  // namespace pleat::featurise
