// What became of each job of a batch: for the summary on stderr, for batch.json (docs/batch.md) and for the
// exit status.
#pragma once

#include <string>
#include <vector>

#include "base/error.h"
#include "base/file.h"

namespace pleat::batch {

enum class Fate {
  done,
  kept,       // complete before this run
  refused,    // its input has problems: it never started
  failed,     // it ended with an error
  stopped,    // not finished, since the user or the scheduler ended the run
  elsewhere,  // another process works on it
};

// "done", "kept", ...
const char* text(Fate fate);

struct Outcome {
  std::string name, place;  // place: of the input, "FILE: $"
  Fate fate = Fate::done;
  std::vector<Error> reasons;
  fs::path folder;  // empty where there is none
  double seconds = 0;
};

// Of a batch of `all` jobs of which `bad` were refused or failed: 0 where none was, 3 some, 1 all.
int exit_status(size_t bad, size_t all);

class Outcomes {
 public:
  void add(Outcome outcome) { all_.push_back(std::move(outcome)); }
  const std::vector<Outcome>& all() const { return all_; }
  size_t count(Fate fate) const;

  // Lines for stderr, without ends of lines: the counts, then one line for each job that was refused or failed,
  // by its name, with its first reason.
  std::vector<std::string> summary() const;
  std::string to_json() const;
  int exit_status() const;

 private:
  std::vector<Outcome> all_;
};

}  // namespace pleat::batch
