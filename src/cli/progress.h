// What runs now, in the last lines of a terminal. Where stderr is no terminal, nothing is shown.
#pragma once

#include <chrono>
#include <string>

#include "model/model.h"

namespace pleat::cli {

// Takes the lines away before something else is written to stderr, and puts them back after it. Safe from any thread.
void hide_progress();
void restore_progress();
// Leaves the lines where they are, and begins anew below. For signal handlers.
void forget_progress();

// One of the lines. Safe from any thread.
class ProgressLine {
 public:
  // The upper line is about the job in work, the lower one about the jobs that are made ready meanwhile.
  enum class Row { work, ahead };

  explicit ProgressLine(Row row);
  ~ProgressLine() { clear(); }
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;

  // Replaces the line, some times a second at most unless `always`.
  void show(const std::string& text, bool always = false);
  void clear();

 private:
  size_t row_;
  std::chrono::steady_clock::time_point last_;
};

// "trunk 27 %, 3.1 blocks/s": the rate within the stage. Called with what Model::predict reports.
class StageRate {
 public:
  std::string text(std::string_view stage, int done, int total);

 private:
  std::string stage_;
  int first_ = 0;  // units done at the beginning
  std::chrono::steady_clock::time_point began_;
};

}  // namespace pleat::cli
