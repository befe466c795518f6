// A command line as absl, the flags library of AlphaFold 3, reads it, in the one form that CommandLine
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
  // Words of the form --NAME, then its value, or --NAME=true and --NAME=false for a boolean, and what is no
  // flag as it was.
  std::vector<std::string> words;
  bool help = false;        // --help in any of its spellings
  bool check_only = false;  // --only_check_args
};

// Rules (absl-py 2, absl/flags and absl/logging):
// - One dash stands for two. "--" is dropped.
// - --flagfile=FILE is replaced by the lines of FILE, which may name files in turn. Empty lines and those
// that
//   begin with # or // are comments.
// - --undefok=A,B: unknown flags A and B are left out, with their values.
// - A boolean is --NAME, --noNAME or --NAME=VALUE with true, t, 1, false, f or 0 in any case. --noNAME takes
// no
//   value.
// - absl's own flags on logging, debugging and profiling are dropped with a note.
// One rule is not absl's: --NAME VALUE sets a boolean to VALUE where VALUE is one of the words above, with a
// warning. absl sets the boolean to true and ignores the word.
// Throws UsageError.
AbslArguments read_absl(const std::vector<std::string>& arguments, const KnownFlags& known);

}  // namespace pleat::cli
