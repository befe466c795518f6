// What the tests of searches share: files to search, and whether HMMER is there.
#pragma once

#include <string>

#include "base/error.h"
#include "search/program.h"

namespace pleat::search {

inline bool has_hmmer() {
  try {
    for (const char* name : {"jackhmmer", "nhmmer", "hmmalign", "hmmsearch", "hmmbuild"}) {
      find_program(name, "PATH");
    }
    return true;
  } catch (const Error&) {
    return false;
  }
}

// What `action` throws as its Error's text; "" when it throws none.
template <class Action>
std::string error_of(Action action) {
  try {
    action();
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

}  // namespace pleat::search

// First line of a test that runs HMMER's programs.
#define PLEAT_REQUIRE_HMMER() \
  if (!::pleat::search::has_hmmer()) GTEST_SKIP() << "skipped: HMMER is not installed"
