#include "base/error.h"

#include <cstdio>
#include <cstdlib>

#include "base/printable.h"

namespace pleat {
namespace {

std::string message(const std::string& where, const std::string& wrong, const std::string& fix) {
  std::string text = where.empty() ? wrong : where + ": " + wrong;
  if (!fix.empty()) text += (text.back() == '.' ? " " : ". ") + fix;
  return printable(text);
}

}  // namespace

Error::Error(std::string where, std::string what_is_wrong, std::string fix)
    : std::runtime_error(message(where, what_is_wrong, fix)),
      where_(std::move(where)),
      what_is_wrong_(std::move(what_is_wrong)),
      fix_(std::move(fix)) {}

Error::Error(const Place& where, std::string what_is_wrong, std::string fix)
    : Error(where.text(), std::move(what_is_wrong), std::move(fix)) {}

Error Error::within(const std::string& outer) const {
  return Error(where_.empty() ? outer : outer + ": " + where_, what_is_wrong_, fix_);
}

Error Error::within(const Place& outer) const { return Error(outer.around(where_), what_is_wrong_, fix_); }

void Findings::add(const Findings& found, const std::string& place) { add(found, Place(place)); }

void Findings::add(const Findings& found, const Place& place) {
  for (const Error& problem : found.problems) problems.push_back(problem.within(place));
  for (const Error& warning : found.warnings) warnings.push_back(warning.within(place));
}

void Findings::raise() const {
  if (!problems.empty()) throw problems.front();
}

void assertion_failed(const char* condition, const char* file, int line) {
  std::fprintf(stderr, "pleat: broken invariant at %s:%d: %s\n", file, line, condition);
  std::abort();
}

}  // namespace pleat
