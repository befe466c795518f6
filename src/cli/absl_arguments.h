// Turns a command line in the syntax of absl, AlphaFold 3's flags library, into the form that CommandLine
// parses.
#pragma once

#include <set>
#include <string>
#include <vector>

namespace pleat::cli {

// The flags of a command, by their names without dashes.
struct KnownFlags {
  std::set<std::string> booleans, values;
};

struct AbslArguments {
  // --NAME and its value as two words, --NAME=true or --NAME=false for booleans, and other words unchanged.
  std::vector<std::string> words;
  bool help = false;        // --help in any of its spellings
  bool check_only = false;  // --only_check_args
};

// Rules (absl-py 2, absl/flags and absl/logging):
// - One dash stands for two. "--" is dropped.
// - The lines of FILE, which may name other files, replace --flagfile=FILE. Empty lines and lines that begin
//   with # or // are ignored.
// - --undefok=A,B drops the unknown flags A and B, with their values.
// - A boolean is --NAME, --noNAME or --NAME=VALUE with true, t, 1, false, f or 0 in any case. --noNAME takes
//   no value.
// - absl's own flags for logging, debugging and profiling are dropped, with a note in the log.
// One rule differs from absl: --NAME VALUE sets a boolean to VALUE, with a warning, if VALUE is one of the
// words above. absl sets the boolean to true and ignores the word.
// Throws UsageError.
AbslArguments read_absl(const std::vector<std::string>& arguments, const KnownFlags& known);

}  // namespace pleat::cli
