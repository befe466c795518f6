#include "cli/progress.h"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdio>
#include <mutex>

#include "base/printable.h"

namespace pleat::cli {
namespace {

using Clock = std::chrono::steady_clock;

std::mutex mutex;
bool shown = false;

void erase_line() {
  if (std::exchange(shown, false)) fmt::print(stderr, "\r\033[K");
}

size_t columns() {
  constexpr size_t kUsual = 80;
  winsize size{};
  return ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : kUsual;
}

}  // namespace

void hide_progress() {
  const std::lock_guard lock(mutex);
  erase_line();
}

ProgressLine::ProgressLine() : terminal_(isatty(STDERR_FILENO) == 1) {}

void ProgressLine::show(const std::string& text, bool always) {
  constexpr std::chrono::milliseconds kQuiet{200};
  const auto now = Clock::now();
  if (!terminal_ || (!always && now - last_ < kQuiet)) return;
  last_ = now;
  const std::lock_guard lock(mutex);
  erase_line();
  fmt::print(stderr, "{}", shortened(text, columns() - 4));  // room for the dots of what is cut
  std::fflush(stderr);
  shown = true;
}

std::string StageRate::text(std::string_view stage, int done, int total) {
  const auto now = Clock::now();
  if (stage != stage_) {
    stage_ = stage;
    first_ = done;
    began_ = now;
  }
  const double seconds = std::chrono::duration<double>(now - began_).count();
  const std::string unit = stage == "trunk" ? "passes" : stage == "diffusion" ? "steps" : "samples";
  std::string text = fmt::format("{} {} %", stage, 100 * done / total);
  if (done > first_ && seconds > 0) text += fmt::format(", {:.3g} {}/s", (done - first_) / seconds, unit);
  return text;
}

}  // namespace pleat::cli
