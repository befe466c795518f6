#include "bench/calibration.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "base/cpu.h"
#include "base/error.h"
#include "base/log.h"
#include "bench/workloads.h"
#include "kernels/isa.h"
#include "model/model.h"
#include "model/work.h"
#include "ops/cpu_backend.h"

namespace pleat::bench {
namespace {

using nlohmann::ordered_json;

// --- Measurement

std::vector<Rate> trunk_rates(const weights::Parameters& parameters, ops::Arithmetic arithmetic,
                              ops::Backend& ops, int threads) {
  constexpr double kEnough = 0.8;  // seconds; more than in bench, because pleat keeps the rate
  const TrunkBlock block(parameters, arithmetic, ops);
  const weights::NetworkSizes sizes = network_sizes(parameters);
  std::vector<Rate> rates;
  for (const int64_t n : {64, 128})
    rates.push_back({static_cast<double>(n), model::pairformer_work(sizes, n).operations /
                                                 block.time(n, kEnough).seconds_alone(threads)});
  return rates;
}

std::vector<Rate> diffusion_rates(const weights::Parameters& parameters, ops::Arithmetic arithmetic,
                                  ops::Backend& ops, const featurise::Batch& batch, int threads) {
  constexpr int kSteps = 3;
  const DiffusionSteps diffusion(parameters, arithmetic, ops);
  const weights::NetworkSizes sizes = network_sizes(parameters);
  std::vector<Rate> rates;
  for (const int samples : {1, 5}) {
    const model::Work work =
        model::work_of(sizes, {batch.tokens, model::atom_layout(batch).atoms, 1, 1, samples, true});
    rates.push_back({static_cast<double>(batch.tokens * samples),
                     work.diffusion_step.operations /
                         diffusion.time(batch, samples, kSteps, true).step.seconds_alone(threads)});
  }
  return rates;
}

// --- File

ordered_json to_json(const CalibrationKey& key) {
  return {{"cpu", key.cpu},
          {"isa", key.isa},
          {"precision", key.precision},
          {"threads", key.threads},
          {"version", key.version}};
}

ordered_json to_json(const std::vector<Rate>& rates) {
  auto out = ordered_json::array();
  for (const Rate& rate : rates) out.push_back({{"size", rate.size}, {"flops", rate.flops}});
  return out;
}

// A finite number of at least 0. Like all readers here, throws json::exception for anything else.
double number(const ordered_json& object, const char* name) {
  const auto value = object.at(name).get<double>();
  if (!(value >= 0) || !std::isfinite(value)) throw ordered_json::other_error::create(501, name, nullptr);
  return value;
}

std::vector<Rate> rates_of(const ordered_json& list) {
  std::vector<Rate> rates;
  for (const auto& rate : list) rates.push_back({number(rate, "size"), number(rate, "flops")});
  return rates;
}

bool usable(const std::vector<Rate>& rates) {
  const auto rises = [](const Rate& a, const Rate& b) { return a.size < b.size; };
  return !rates.empty() && std::is_sorted(rates.begin(), rates.end(), rises) &&
         std::all_of(rates.begin(), rates.end(), [](const Rate& r) { return r.size > 0 && r.flops > 0; });
}

// The entries of a file; none when it is absent or damaged.
ordered_json entries_of(const fs::path& file) {
  if (!fs::exists(file)) return ordered_json::array();
  try {
    const auto document = ordered_json::parse(read_file(file));
    if (document.at("calibrations").is_array()) return document["calibrations"];
  } catch (const ordered_json::exception&) {  // damaged: the next measurement replaces it
  } catch (const Error&) {
  }
  return ordered_json::array();
}

bool is_under(const ordered_json& entry, const CalibrationKey& key) {
  return entry.is_object() && entry.contains("machine") && entry["machine"] == to_json(key);
}

}  // namespace

double rate_at(const std::vector<Rate>& rates, double size) {
  PLEAT_ASSERT(!rates.empty());
  const auto above = std::find_if(rates.begin(), rates.end(), [&](const Rate& r) { return r.size >= size; });
  if (above == rates.begin()) return rates.front().flops;
  if (above == rates.end()) return rates.back().flops;
  const Rate &low = *(above - 1), &high = *above;
  const double t = std::log(size / low.size) / std::log(high.size / low.size);
  return low.flops + t * (high.flops - low.flops);
}

CalibrationKey calibration_key(ops::Arithmetic arithmetic, int threads) {
  return {cpu_name(), name(kernels::kernel_isa()), name_of(arithmetic), PLEAT_VERSION, threads};
}

Calibration calibrate(ops::Arithmetic arithmetic, int threads) {
  ThreadPool pool(threads);
  ops::CpuBackend ops(pool);
  const auto parameters = weights::Parameters::synthesise(1, pool);
  Calibration out;
  out.trunk = trunk_rates(parameters, arithmetic, ops, threads);
  constexpr int64_t kTokens = 64;
  const input::FoldInput protein = random_protein(kTokens);
  const auto make = [&]() -> featurise::Batch {
    return featurise::JobFeatures(protein, *chem::Ccd::embedded(), {}, pool).for_seed(1);
  };
  const featurise::Batch batch = make();
  out.seconds_per_token = seconds_of(make) / kTokens;
  out.diffusion = diffusion_rates(parameters, arithmetic, ops, batch, threads);
  return out;
}

std::optional<Calibration> read_calibration(const fs::path& file, const CalibrationKey& key) {
  for (const auto& entry : entries_of(file)) {
    if (!is_under(entry, key)) continue;
    try {
      const Calibration found{rates_of(entry.at("trunk")), rates_of(entry.at("diffusion")),
                              number(entry, "seconds_per_token")};
      if (usable(found.trunk) && usable(found.diffusion)) return found;
    } catch (const ordered_json::exception&) {  // damaged
    }
  }
  return std::nullopt;
}

void keep_calibration(const fs::path& file, const CalibrationKey& key, const Calibration& calibration) {
  auto entries = ordered_json::array();
  for (const auto& entry : entries_of(file))
    if (!is_under(entry, key)) entries.push_back(entry);
  entries.push_back({{"machine", to_json(key)},
                     {"trunk", to_json(calibration.trunk)},
                     {"diffusion", to_json(calibration.diffusion)},
                     {"seconds_per_token", calibration.seconds_per_token}});
  constexpr int kIndent = 1;
  write_file(file, ordered_json{{"calibrations", entries}}.dump(kIndent) + "\n");
}

Calibration known_calibration(ops::Arithmetic arithmetic, int threads) {
  const auto folder = user_cache_folder();
  const CalibrationKey key = calibration_key(arithmetic, threads);
  const fs::path file = folder ? *folder / "calibration.json" : fs::path();
  if (folder)
    if (auto known = read_calibration(file, key)) return *known;
  log_info("pleat measures this machine; it does this once.");
  const Calibration measured = calibrate(arithmetic, threads);
  if (!folder) return measured;
  try {
    keep_calibration(file, key, measured);
    log_info("pleat keeps the measurement in {}.", file.string());
  } catch (const Error& error) {
    log_warning("pleat could not keep the measurement: {}", error.what());
  }
  return measured;
}

}  // namespace pleat::bench
