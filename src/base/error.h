// Errors that a user can cause. Any other failure is a broken invariant and asserts.
#pragma once

#include <stdexcept>
#include <string>
#include <vector>

#include "base/place.h"

namespace pleat {

// An error that the user can fix. It ends one job, never the batch. `where` is the place (a file, a file and
// line, a file and JSON path; may be empty), `what_is_wrong` the problem, `fix` the suggested correction, a
// full sentence (may be empty). what() is "where: what_is_wrong. fix" in one line.
class Error : public std::runtime_error {
 public:
  Error(std::string where, std::string what_is_wrong, std::string fix = "");
  Error(const Place& where, std::string what_is_wrong, std::string fix = "");

  const std::string& where() const { return where_; }
  const std::string& what_is_wrong() const { return what_is_wrong_; }
  const std::string& fix() const { return fix_; }

  // The same error inside a larger place (for readers of a file, which call parsers of text): "outer: where",
  // or as Place::around says.
  Error within(const std::string& outer) const;
  Error within(const Place& outer) const;

 private:
  std::string where_, what_is_wrong_, fix_;
};

// The findings of checks, in order. A job with problems does not run; a job with only warnings does.
struct Findings {
  std::vector<Error> problems, warnings;

  // Adds the other findings, within `place`.
  void add(const Findings& found, const std::string& place);
  void add(const Findings& found, const Place& place);
  // Throws the first problem, if there is one.
  void raise() const;
};

// Broken invariant: prints the condition and its place, then aborts. Never for user errors. Active in every
// build.
#define PLEAT_ASSERT(condition) \
  ((condition) ? void(0) : ::pleat::assertion_failed(#condition, __FILE__, __LINE__))
[[noreturn]] void assertion_failed(const char* condition, const char* file, int line);

}  // namespace pleat
