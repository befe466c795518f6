// What a user can cause. Everything else that goes wrong is a broken invariant and asserts.
#pragma once

#include <stdexcept>
#include <string>
#include <vector>

#include "base/place.h"

namespace pleat {

// An error that the user can mend: it ends one job, never the batch. `where` names the place (a file, a file
// and line, a file and JSON path; may be empty), `what_is_wrong` says what was found there, `fix` what would
// be right (may be empty). what() is "where: what_is_wrong. fix" in one line.
class Error : public std::runtime_error {
 public:
  Error(std::string where, std::string what_is_wrong, std::string fix = "");
  Error(const Place& where, std::string what_is_wrong, std::string fix = "");

  const std::string& where() const { return where_; }
  const std::string& what_is_wrong() const { return what_is_wrong_; }
  const std::string& fix() const { return fix_; }

  // The same error, placed inside a larger place (used by readers of a file around parsers of text):
  // "outer: where", or as Place::around says.
  Error within(const std::string& outer) const;
  Error within(const Place& outer) const;

 private:
  std::string where_, what_is_wrong_, fix_;
};

// What checks find, in the order in which they find it: problems keep a job from running, warnings do not.
struct Findings {
  std::vector<Error> problems, warnings;

  // Takes over what was found, within `place`.
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
