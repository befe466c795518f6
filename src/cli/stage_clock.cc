#include "cli/stage_clock.h"

#include <fmt/format.h>
#include <sys/resource.h>

#include <algorithm>

namespace pleat::cli {

void StageClock::add(const std::string& stage, double seconds) {
  const auto known =
      std::find_if(stages_.begin(), stages_.end(), [&](const auto& s) { return s.first == stage; });
  if (known == stages_.end()) {
    stages_.emplace_back(stage, seconds);
  } else {
    known->second += seconds;
  }
}

std::string StageClock::report() const {
  std::string text;
  for (const auto& [stage, seconds] : stages_) {
    text += fmt::format("{}{} {:.2f} s", text.empty() ? "" : ", ", stage, seconds);
  }
  constexpr double kKibPerGib = 1024.0 * 1024.0;
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return text + fmt::format("; peak memory of the program {:.2f} GiB",
                            static_cast<double>(usage.ru_maxrss) / kKibPerGib);
}

}  // namespace pleat::cli
