// What runs now, in the last line of a terminal. Where stderr is no terminal, nothing is shown.
#pragma once

#include <chrono>
#include <string>

#include "model/model.h"

namespace pleat::cli {

// Takes the line away before something else is written to stderr. Safe from any thread.
void hide_progress();

class ProgressLine {
 public:
  ProgressLine();
  ~ProgressLine() { hide_progress(); }
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;

  // Replaces the line, some times a second at most unless `always`.
  void show(const std::string& text, bool always = false);

 private:
  bool terminal_;
  std::chrono::steady_clock::time_point last_;
};

// "trunk 3/11, 0.52 passes/s": the rate within the stage. Called with what Model::predict reports.
class StageRate {
 public:
  std::string text(std::string_view stage, int done, int total);

 private:
  std::string stage_;
  int first_ = 0;  // units done at the beginning
  std::chrono::steady_clock::time_point began_;
};

}  // namespace pleat::cli
