// How fast this machine runs the stages of a prediction: measured in a few seconds, kept for later.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/file.h"
#include "ops/weights.h"

namespace pleat::cli {

// What the rates depend on.
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
  double seconds_per_token = 0;  // of featurisation, of which an MSA, however deep, is a small part
  bool operator==(const Calibration&) const = default;
};

// The rate at a size: between two measured ones by the size's logarithm, beyond them that of the nearest. The
// rates have rising sizes.
double rate_at(const std::vector<Rate>& rates, double size);

CalibrationKey calibration_key(ops::Arithmetic arithmetic, int threads);

// Measures this machine with the instruction set in use.
Calibration calibrate(ops::Arithmetic arithmetic, int threads);

// The calibration under a key of a file; nullopt where the file holds none, is absent or damaged.
std::optional<Calibration> read_calibration(const fs::path& file, const CalibrationKey& key);
// Adds or replaces one. The file is written whole or not at all; a damaged one is replaced. Throws Error.
void keep_calibration(const fs::path& file, const CalibrationKey& key, const Calibration& calibration);

// The machine's calibration from calibration.json in user_cache_folder(); measured, and kept there, when it
// is absent.
Calibration known_calibration(ops::Arithmetic arithmetic, int threads);

}  // namespace pleat::cli
