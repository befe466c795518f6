#include "cli/progress.h"

#include <chrono>
#include <memory>
#include <string>

#include "base/log.h"

namespace pleat::cli {
namespace {

constexpr std::chrono::seconds kQuiet{5};  // between two lines of a stage

}  // namespace

model::Progress logged_progress() {
  using Clock = std::chrono::steady_clock;
  struct State {
    std::string stage;
    Clock::time_point last_line;
  };
  return [state = std::make_shared<State>()](std::string_view stage, int done, int total) {
    const auto now = Clock::now();
    if (stage == state->stage && done != total && now - state->last_line < kQuiet) return;
    state->stage = stage;
    state->last_line = now;
    log_info("{} {}/{}", stage, done, total);
  };
}

}  // namespace pleat::cli
