// The figures that `pleat bench` prints, as rows of a table and as JSON.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "base/rehearsal_pool.h"
#include "bench/search_speed.h"
#include "bench/timing.h"
#include "model/work.h"
#include "ops/weights.h"

namespace pleat::bench {

// The machine's peak (kernels/peak.h), measured in turn with the runs of a figure; operations per second of
// processor time, of all threads.
struct Peaks {
  double least = 0, most = 0;  // 0: the processor has no instruction to measure

  void add(double peak);
  // Whether the measurements differ by at most 15 % of the greatest. If not, something disturbed the machine.
  bool steady() const;
};

// The speed of a piece of work.
struct Figure {
  std::string part, what;
  std::optional<int64_t> tokens;
  ops::Arithmetic arithmetic = ops::Arithmetic::float32;
  double operations = 0;  // of one run
  int threads = 1;
  Timing timing;
  Peaks peaks;

  // Operations per second of wall time, and of the threads' processor time, as if no other program ran;
  // nullopt when the time is not positive.
  std::optional<double> rate() const;
  std::optional<double> cpu_rate() const;
  // Wall time over the threads' processor time.
  std::optional<double> wall_over_cpu() const;
  // Whether cpu_rate is above every peak, a sign of a disturbed peak.
  bool above_peak() const;
  // cpu_rate as a share of the greatest peak, at most 1; nullopt without a rate or a peak, or for a rate
  // above it.
  std::optional<double> share() const;
};

// The peaks in one arithmetic, operations per second.
struct PeakFigure {
  std::string arithmetic;
  double one_thread, all_threads;
};

// The most bytes that the process or the device held during a stage, and the plan for that stage.
struct MemoryFigure {
  std::string what;
  int64_t tokens, planned, measured;
  std::string device = "";  // empty: the process
};

// How well a stage's work divides among threads.
struct ScalingFigure {
  std::string what;
  int64_t tokens;
  int threads;
  RehearsalPool::Times times;
};

// What a GPU can do at most, per second.
struct DevicePeaks {
  std::string device;
  std::vector<std::pair<std::string, double>> operations;  // in each arithmetic
  double bytes, exponentials;
};

// The speed of a piece of work on a GPU.
struct DeviceFigure {
  std::string device, part, what;
  int64_t tokens;
  ops::Arithmetic arithmetic;
  model::Cost cost;           // of one run
  model::MachineRates peaks;  // of the GPU, in this arithmetic
  double seconds;             // of the fastest run
  int runs;                   // 0: worked out from other figures

  // The share of the peak of products; and of what products, memory and exponentials allow (model/work.h).
  double share_of_peak() const { return cost.operations / peaks.operations / seconds; }
  double share_of_bound() const { return model::least_seconds(cost, peaks) / seconds; }
};

using AnyFigure =
    std::variant<PeakFigure, Figure, MemoryFigure, ScalingFigure, SearchFigure, DevicePeaks, DeviceFigure>;

// The names of the columns that text_of(Figure) and text_of(DeviceFigure) fill.
std::string table_head();
std::string device_table_head();

// One line. A number that could not be measured is "–", in JSON null. A row with unsteady peaks says so.
// Peaks name the instruction set in use, as does all JSON.
std::string text_of(const AnyFigure& figure);
nlohmann::ordered_json json_of(const AnyFigure& figure);
// The figure's list in the JSON document: "peaks", "figures", "memory", "scaling", "searches", "device_peaks"
// or "device_figures".
std::string list_of(const AnyFigure& figure);

}  // namespace pleat::bench
