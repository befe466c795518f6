#include "cli/progress.h"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <utility>

#include "base/printable.h"

namespace pleat::cli {
namespace {

using Clock = std::chrono::steady_clock;

bool is_terminal() {
  const char* kind = std::getenv("TERM");
  return isatty(STDERR_FILENO) == 1 && std::string_view(kind ? kind : "") != "dumb";
}

size_t columns() {
  constexpr size_t kUsual = 80;
  winsize size{};
  return ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : kUsual;
}

// Whether a signal handler has written below the lines.
std::atomic<bool> broken{false};

// The last lines of the terminal. The cursor stays at the end of the last one.
class Screen {
 public:
  void set(size_t row, const std::string& text) {
    const std::lock_guard lock(mutex_);
    if (!terminal_ || rows_[row] == text) return;
    rows_[row] = text;
    erase();
    draw();
  }
  void hide() {
    const std::lock_guard lock(mutex_);
    erase();
  }
  void restore() {
    const std::lock_guard lock(mutex_);
    erase();
    draw();
  }

 private:
  void erase() {
    if (broken.exchange(false)) drawn_ = 0;
    for (; drawn_ > 0; --drawn_) fmt::print(stderr, "\r\033[K{}", drawn_ > 1 ? "\033[A" : "");
    std::fflush(stderr);
  }
  void draw() {
    constexpr size_t kDots = 4;  // room for those of a line that is cut
    for (const std::string& row : rows_) {
      if (row.empty()) continue;
      fmt::print(stderr, "{}{}", drawn_ > 0 ? "\n" : "", shortened(row, columns() - kDots));
      ++drawn_;
    }
    std::fflush(stderr);
  }

  const bool terminal_ = is_terminal();
  std::mutex mutex_;
  std::array<std::string, 2> rows_;
  int drawn_ = 0;
};

Screen& screen() {
  static Screen one;
  return one;
}

}  // namespace

void hide_progress() { screen().hide(); }
void restore_progress() { screen().restore(); }
void forget_progress() { broken = true; }

ProgressLine::ProgressLine(Row row) : row_(static_cast<size_t>(row)) {}

void ProgressLine::show(const std::string& text, bool always) {
  constexpr std::chrono::milliseconds kQuiet{200};
  const auto now = Clock::now();
  if (!always && now - last_ < kQuiet) return;
  last_ = now;
  screen().set(row_, text);
}

void ProgressLine::clear() { screen().set(row_, ""); }

std::string StageRate::text(std::string_view stage, int done, int total) {
  const auto now = Clock::now();
  if (stage != stage_) {
    stage_ = stage;
    first_ = done;
    began_ = now;
  }
  const double seconds = std::chrono::duration<double>(now - began_).count();
  const std::string unit = stage == "trunk" ? "blocks" : stage == "diffusion" ? "steps" : "samples";
  std::string text = fmt::format("{} {} %", stage, 100 * done / total);
  if (done <= first_ || seconds <= 0) return text;
  constexpr double kThreeDigits = 99.95;
  const double rate = (done - first_) / seconds;
  return text + (rate < kThreeDigits ? fmt::format(", {:.3g} {}/s", rate, unit)
                                     : fmt::format(", {:.0f} {}/s", rate, unit));
}

}  // namespace pleat::cli
