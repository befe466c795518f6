// AlphaFold 3's lines of progress on stdout, for scripts that look for them. Source: run_alphafold.py of v3.0.4.
#pragma once

#include <cstdint>
#include <string>

#include "base/file.h"
#include "base/printable.h"
#include "base/stopwatch.h"
#include "input/fold_input.h"

namespace pleat::cli {

// One job's lines, in the order of the calls. Prints nothing unless asked to.
class ReferenceLines {
 public:
  ReferenceLines(bool printed, const input::FoldInput& input)
      : printed_(printed), name_(printable(input.name)), seeds_(input.seeds.size()) {}

  void job_starts(bool with_data_pipeline) const;
  // `wanted` is the folder that the job would have if it were free.
  void folder(const fs::path& chosen, const fs::path& wanted) const;
  void data_json(const fs::path& file) const;
  void no_inference() const;

  void inference_starts();
  void features_start(uint32_t seed) const;
  void features_end(uint32_t seed);
  void network_starts(uint32_t seed);
  void network_ends(uint32_t seed);
  void outputs_start(uint32_t seed);
  void outputs_end(uint32_t seed, int samples);
  void inference_ends() const;

  void job_ends(const fs::path& folder) const;

  static void all_end(bool printed, size_t jobs);

 private:
  void print(const std::string& line) const;

  bool printed_;
  std::string name_;
  size_t seeds_;
  double feature_seconds_ = 0;
  Stopwatch inference_, stage_;  // inference starts with the first seed's features
};

}  // namespace pleat::cli
