// How fast this machine runs the stages of a prediction. pleat measures it once, in a few seconds, and keeps
// the result.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/file.h"
#include "ops/weights.h"

namespace pleat::bench {

// Everything on which the rates depend.
struct CalibrationKey {
  std::string cpu, isa, precision, version;
  int threads = 0;
  bool operator==(const CalibrationKey&) const = default;
};

// Operations (model/work.h) a second, at a size.
struct Rate {
  double size = 0, flops = 0;
  bool operator==(const Rate&) const = default;
};

struct Calibration {
  std::vector<Rate> trunk;       // size: tokens
  std::vector<Rate> diffusion;   // size: tokens times samples
  double seconds_per_token = 0;  // of featurisation; even a deep MSA takes a small part of it
  bool operator==(const Calibration&) const = default;
};

// The rate at a size, interpolated over the size's logarithm; outside the measured sizes, the nearest one's
// rate. The rates must have increasing sizes.
double rate_at(const std::vector<Rate>& rates, double size);

CalibrationKey calibration_key(ops::Arithmetic arithmetic, int threads);

// Measures this machine with the instruction set in use.
Calibration calibrate(ops::Arithmetic arithmetic, int threads);

// The calibration in a file under a key; nullopt when the file is absent or damaged, or has none.
std::optional<Calibration> read_calibration(const fs::path& file, const CalibrationKey& key);
// Adds a calibration to a file, or replaces the one under the same key. Writes the file whole or not at all,
// and replaces a damaged one. Throws Error when the file cannot be written.
void keep_calibration(const fs::path& file, const CalibrationKey& key, const Calibration& calibration);

// The machine's calibration from calibration.json in user_cache_folder(). If that file has none, measures the
// machine and keeps the result there.
Calibration known_calibration(ops::Arithmetic arithmetic, int threads);

}  // namespace pleat::bench
