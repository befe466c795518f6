// The figures that `pleat bench` prints, as rows of a table and as JSON.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <variant>

#include "base/rehearsal_pool.h"
#include "bench/search_speed.h"
#include "bench/timing.h"
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

// The most bytes that the process held during a stage, and the plan for that stage.
struct MemoryFigure {
  std::string what;
  int64_t tokens, planned, measured;
};

// How well a stage's work divides among threads.
struct ScalingFigure {
  std::string what;
  int64_t tokens;
  int threads;
  RehearsalPool::Times times;
};

using AnyFigure = std::variant<PeakFigure, Figure, MemoryFigure, ScalingFigure, SearchFigure>;

// The names of the columns that text_of(Figure) fills.
std::string table_head();

// One line. A number that could not be measured is "–", in JSON null. A row with unsteady peaks says so.
// Peaks name the instruction set in use, as does all JSON.
std::string text_of(const AnyFigure& figure);
nlohmann::ordered_json json_of(const AnyFigure& figure);
// The figure's list in the JSON document: "peaks", "figures", "memory", "scaling" or "searches".
std::string list_of(const AnyFigure& figure);

}  // namespace pleat::bench
