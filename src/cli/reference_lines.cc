#include "cli/reference_lines.h"

#include <fmt/format.h>

#include <cstdio>

#include "cli/progress.h"

namespace pleat::cli {

void ReferenceLines::print(const std::string& line) const {
  if (!printed_) return;
  hide_progress();  // both may go to one terminal
  fmt::print("{}\n", line);
  std::fflush(stdout);  // readers of the lines may measure times
  restore_progress();
}

void ReferenceLines::job_starts(bool with_data_pipeline) const {
  print(fmt::format("\nRunning fold job {}...", name_));
  print(with_data_pipeline ? "Running data pipeline..." : "Skipping data pipeline...");
}

void ReferenceLines::folder(const fs::path& chosen, const fs::path& wanted) const {
  if (chosen == wanted)
    print(fmt::format("Output will be written in {}", chosen.string()));
  else
    print(
        fmt::format("Output will be written in {} since {} is non-empty.", chosen.string(), wanted.string()));
}

void ReferenceLines::data_json(const fs::path& file) const {
  print(fmt::format("Writing model input JSON to {}", file.string()));
}

void ReferenceLines::no_inference() const { print("Skipping model inference..."); }

void ReferenceLines::inference_starts() {
  inference_ = stage_ = {};
  feature_seconds_ = 0;
  print(fmt::format("Predicting 3D structure for {} with {} seed(s)...", name_, seeds_));
  print(fmt::format("Featurising data with {} seed(s)...", seeds_));
}

void ReferenceLines::features_start(uint32_t seed) const {
  print(fmt::format("Featurising data with seed {}.", seed));
}

void ReferenceLines::features_end(uint32_t seed) {
  feature_seconds_ += stage_.seconds();
  print(fmt::format("Featurising data with seed {} took {:.2f} seconds.", seed, stage_.seconds()));
}

void ReferenceLines::network_starts(uint32_t seed) {
  stage_ = {};
  print(fmt::format("Running model inference with seed {}...", seed));
}

void ReferenceLines::network_ends(uint32_t seed) {
  print(fmt::format("Running model inference with seed {} took {:.2f} seconds.", seed, stage_.seconds()));
}

void ReferenceLines::outputs_start(uint32_t seed) {
  stage_ = {};
  print(fmt::format("Extracting inference results with seed {}...", seed));
}

void ReferenceLines::outputs_end(uint32_t seed, int samples) {
  print(fmt::format("Extracting {} inference samples with seed {} took {:.2f} seconds.", samples, seed,
                    stage_.seconds()));
  stage_ = {};
}

void ReferenceLines::inference_ends() const {
  print(fmt::format("Featurising data with {} seed(s) took {:.2f} seconds.", seeds_, feature_seconds_));
  print(fmt::format(
      "Running model inference and extracting output structures with {} seed(s) took {:.2f} seconds.", seeds_,
      inference_.seconds() - feature_seconds_));
  print(fmt::format("Writing outputs with {} seed(s)...", seeds_));
}

void ReferenceLines::job_ends(const fs::path& folder) const {
  print(fmt::format("Fold job {} done, output written to {}\n", name_, folder.string()));
}

void ReferenceLines::all_end(bool printed, size_t jobs) {
  if (printed) fmt::print("Done running {} fold jobs.\n", jobs);
}

}  // namespace pleat::cli
