#include "bench/figures.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/memory.h"
#include "kernels/isa.h"

namespace pleat::bench {
namespace {

using nlohmann::ordered_json;

constexpr double kTera = 1e12, kGiga = 1e9, kMilli = 1e-3, kPercent = 100;
constexpr const char* kNone = "–";

// A value in units, with a number of decimals.
std::string text_of(std::optional<double> value, double unit, int decimals) {
  return value ? fmt::format("{:.{}f}", *value / unit, decimals) : kNone;
}

ordered_json json_of(std::optional<double> value, double unit) {
  return value ? ordered_json(*value / unit) : ordered_json();
}

std::optional<double> seconds_of(const Figure& f) {
  return f.timing.seconds > 0 ? std::optional(f.timing.seconds) : std::nullopt;
}

// The warning about an untrustworthy share of a row.
std::string warning_of(const Figure& f) {
  if (f.peaks.steady() && !f.above_peak()) return "";
  return fmt::format("  disturbed: the peak was {:.1f} to {:.1f}", f.peaks.least / kGiga,
                     f.peaks.most / kGiga);
}

std::string row_of(const PeakFigure& f) {
  return fmt::format("{} {}: peak {:.1f} GFLOP/s of one thread, {:.1f} of all", name(kernels::kernel_isa()),
                     f.arithmetic, f.one_thread / kGiga, f.all_threads / kGiga);
}

std::string row_of(const Figure& f) {
  const auto share = f.share();
  return fmt::format("{:<8}{:<34}{:>7}  {:<9}{:>6}{:>12}{:>10}{:>10}{:>9}{}", f.part, f.what,
                     f.tokens ? fmt::format("{}", *f.tokens) : "", name_of(f.arithmetic), f.timing.runs,
                     text_of(seconds_of(f), kMilli, 3), text_of(f.rate(), kGiga, 1),
                     text_of(f.wall_over_cpu(), 1, 2),
                     share ? fmt::format("{:.0f} %", kPercent * *share) : kNone, warning_of(f));
}

std::string row_of(const MemoryFigure& f) {
  return fmt::format("{:<8}{:<34}{:>7}  planned {}, measured {}: {:.2f}", "memory", f.what, f.tokens,
                     size_text(f.planned), size_text(f.measured),
                     static_cast<double>(f.planned) / static_cast<double>(f.measured));
}

std::string row_of(const SearchFigure& f) {
  const std::string what = f.queries > 1 ? fmt::format("{} {}", f.queries, f.what) : f.what;
  const std::string read = f.bytes > 0 ? fmt::format(", {:.2f} GB/s read", f.bytes / kGiga) : "";
  return fmt::format("{:<8}{:<34}{:>7}  {} thread{}: {:.1f} Gcells/s, {:.1f} a core{}", "search", what,
                     f.residues, f.threads, f.threads == 1 ? "" : "s", f.cells / kGiga,
                     f.cells / kGiga / f.threads, read);
}

std::string row_of(const ScalingFigure& f) {
  return fmt::format("{:<8}{:<34}{:>7}  {} threads: serial {:.2f} %, threads busy {:.0f} %", "scaling",
                     f.what, f.tokens, f.threads, kPercent * f.times.serial_share(),
                     kPercent * f.times.efficiency(f.threads));
}

std::string row_of(const DevicePeaks& f) {
  std::string out = f.device + ", peaks measured: ";
  for (const auto& [arithmetic, rate] : f.operations)
    out += fmt::format("{} {:.1f} TFLOP/s, ", arithmetic, rate / kTera);
  return out +
         fmt::format("memory {:.0f} GB/s, exponentials {:.2f} T/s", f.bytes / kGiga, f.exponentials / kTera);
}

std::string row_of(const DeviceFigure& f) {
  return fmt::format("{:<12}{:<32}{:>7}  {:<9}{:>6}{:>14.3f}{:>10.2f}{:>9.0f} %{:>9.0f} %", f.part, f.what,
                     f.tokens, name_of(f.arithmetic), f.runs > 0 ? fmt::format("{}", f.runs) : kNone,
                     f.seconds / kMilli, f.cost.operations / f.seconds / kTera, kPercent * f.share_of_peak(),
                     kPercent * f.share_of_bound());
}

ordered_json object_of(const DevicePeaks& f) {
  ordered_json out = {{"device", f.device}};
  for (const auto& [arithmetic, rate] : f.operations) out[arithmetic + "_tflops"] = rate / kTera;
  out.update(
      {{"gigabytes_a_second", f.bytes / kGiga}, {"teraexponentials_a_second", f.exponentials / kTera}});
  return out;
}

ordered_json object_of(const DeviceFigure& f) {
  return {{"device", f.device},
          {"part", f.part},
          {"what", f.what},
          {"tokens", f.tokens},
          {"arithmetic", name_of(f.arithmetic)},
          {"runs", f.runs},
          {"seconds", f.seconds},
          {"tflop", f.cost.operations / kTera},
          {"gigabytes", f.cost.bytes / kGiga},
          {"gigaexponentials", f.cost.exponentials / kGiga},
          {"share_of_peak", f.share_of_peak()},
          {"share_of_bound", f.share_of_bound()}};
}

ordered_json object_of(const PeakFigure& f) {
  return {{"isa", name(kernels::kernel_isa())},
          {"arithmetic", f.arithmetic},
          {"one_thread_gflops", f.one_thread / kGiga},
          {"all_threads_gflops", f.all_threads / kGiga}};
}

ordered_json object_of(const Figure& f) {
  const auto peak = [](double value) { return value > 0 ? std::optional(value) : std::nullopt; };
  return {{"isa", name(kernels::kernel_isa())},
          {"part", f.part},
          {"what", f.what},
          {"tokens", f.tokens ? ordered_json(*f.tokens) : ordered_json()},
          {"arithmetic", name_of(f.arithmetic)},
          {"runs", f.timing.runs},
          {"seconds", json_of(seconds_of(f), 1)},
          {"gflop", f.operations / kGiga},
          {"cpu_seconds", f.timing.cpu > 0 ? ordered_json(f.timing.cpu) : ordered_json()},
          {"threads", f.threads},
          {"gflops", json_of(f.rate(), kGiga)},
          {"wall_over_cpu", json_of(f.wall_over_cpu(), 1)},
          {"share_of_peak", json_of(f.share(), 1)},
          {"least_peak_gflops", json_of(peak(f.peaks.least), kGiga)},
          {"most_peak_gflops", json_of(peak(f.peaks.most), kGiga)},
          {"disturbed", !f.peaks.steady() || f.above_peak()}};
}

ordered_json object_of(const SearchFigure& f) {
  return {{"isa", name(kernels::kernel_isa())},
          {"what", f.what},
          {"residues", f.residues},
          {"queries", f.queries},
          {"threads", f.threads},
          {"gigacells_a_second", f.cells / kGiga},
          {"gigabytes_a_second", f.bytes / kGiga}};
}

ordered_json object_of(const MemoryFigure& f) {
  ordered_json out;
  out[f.device.empty() ? "isa" : "device"] = f.device.empty() ? name(kernels::kernel_isa()) : f.device;
  out.update(
      {{"what", f.what}, {"tokens", f.tokens}, {"planned_bytes", f.planned}, {"measured_bytes", f.measured}});
  return out;
}

ordered_json object_of(const ScalingFigure& f) {
  return {{"isa", name(kernels::kernel_isa())},
          {"what", f.what},
          {"tokens", f.tokens},
          {"threads", f.threads},
          {"serial_share", f.times.serial_share()},
          {"efficiency", f.times.efficiency(f.threads)}};
}

}  // namespace

void Peaks::add(double peak) {
  least = most > 0 ? std::min(least, peak) : peak;
  most = std::max(most, peak);
}

bool Peaks::steady() const {
  constexpr double kSteady = 0.15;
  return most - least <= kSteady * most;
}

std::optional<double> Figure::rate() const {
  return timing.seconds > 0 ? std::optional(operations / timing.seconds) : std::nullopt;
}

std::optional<double> Figure::cpu_rate() const {
  return timing.cpu > 0 ? std::optional(operations * threads / timing.cpu) : std::nullopt;
}

std::optional<double> Figure::wall_over_cpu() const {
  if (timing.cpu <= 0 || timing.seconds <= 0) return std::nullopt;
  return timing.seconds * threads / timing.cpu;
}

bool Figure::above_peak() const { return peaks.most > 0 && cpu_rate() > peaks.most; }

std::optional<double> Figure::share() const {
  if (!cpu_rate() || peaks.most <= 0 || above_peak()) return std::nullopt;
  return *cpu_rate() / peaks.most;
}

std::string table_head() {
  return fmt::format("{:<8}{:<34}{:>7}  {:<9}{:>6}{:>12}{:>10}{:>10}{:>9}", "part", "what", "tokens",
                     "products", "runs", "ms", "GFLOP/s", "wall/CPU", "of peak");
}

std::string device_table_head() {
  return fmt::format("{:<12}{:<32}{:>7}  {:<9}{:>6}{:>14}{:>10}{:>11}{:>11}", "part", "what", "tokens",
                     "products", "runs", "ms", "TFLOP/s", "of peak", "of bound");
}

std::string text_of(const AnyFigure& figure) {
  return std::visit([](const auto& f) { return row_of(f); }, figure);
}

nlohmann::ordered_json json_of(const AnyFigure& figure) {
  return std::visit([](const auto& f) { return object_of(f); }, figure);
}

std::string list_of(const AnyFigure& figure) {
  constexpr const char* kLists[] = {"peaks",    "figures",      "memory",        "scaling",
                                    "searches", "device_peaks", "device_figures"};
  return kLists[figure.index()];
}

}  // namespace pleat::bench
