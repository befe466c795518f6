#include "base/memory.h"

#include <fmt/format.h>
#include <malloc.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <fstream>

#include "base/error.h"

namespace pleat {
namespace {

// The limit in a file of the control group. "max" or a missing file means no limit.
int64_t group_limit(const char* file) {
  int64_t limit = 0;
  std::ifstream in(file);
  return in >> limit && limit > 0 ? limit : INT64_MAX;
}

}  // namespace

int64_t usable_memory() {
  const int64_t machine = static_cast<int64_t>(sysconf(_SC_PHYS_PAGES)) * sysconf(_SC_PAGESIZE);
  return std::min({machine, group_limit("/sys/fs/cgroup/memory.max"),
                   group_limit("/sys/fs/cgroup/memory/memory.limit_in_bytes")});
}

int64_t resident_memory() {
  int64_t total = 0, resident = 0;
  std::ifstream("/proc/self/statm") >> total >> resident;  // pages
  return resident * sysconf(_SC_PAGESIZE);
}

int64_t peak_memory() {
  constexpr int64_t kKib = 1024;
  std::ifstream status("/proc/self/status");
  std::string word;
  int64_t peak = 0;
  while (status >> word)
    if (word == "VmHWM:") status >> peak;
  return peak * kKib;
}

void reset_peak_memory() { std::ofstream("/proc/self/clear_refs") << "5"; }

void return_freed_memory() { mallopt(M_MMAP_THRESHOLD, 1 << 20); }

std::string size_text(int64_t bytes) {
  static constexpr const char* kUnits[] = {"bytes", "KiB", "MiB", "GiB", "TiB"};
  constexpr size_t kFirstWithDecimal = 3;
  auto size = static_cast<double>(bytes);
  size_t unit = 0;
  for (; size >= 1024 && unit + 1 < std::size(kUnits); ++unit) size /= 1024;
  return fmt::format("{:.{}f} {}", size, unit < kFirstWithDecimal ? 0 : 1, kUnits[unit]);
}

int64_t parse_size(std::string_view text) {
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  std::string_view unit(end, static_cast<size_t>(text.data() + text.size() - end));
  if (unit.ends_with('B') || unit.ends_with('b')) unit.remove_suffix(1);
  if (unit.size() == 2 && unit.ends_with('i')) unit.remove_suffix(1);
  constexpr std::string_view kUnits = "KMGT";
  double factor = 1;
  bool known = unit.empty();
  for (size_t i = 0; i < kUnits.size() && !known; ++i) {
    factor *= 1024;
    known = unit.size() == 1 && (unit[0] == kUnits[i] || unit[0] == kUnits[i] + ('a' - 'A'));
  }
  constexpr double kMost = 1e18;
  if (error != std::errc() || !known || !(number * factor >= 1) || number * factor > kMost) {
    throw Error("", fmt::format("found '{}' as a size", text), "Write a size such as 16G or 500M.");
  }
  return static_cast<int64_t>(number * factor);
}

}  // namespace pleat
