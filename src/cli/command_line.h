// Flags of a command in the style of AlphaFold 3 (absl): --flag=value, --flag value, --bool, --nobool,
// --bool=false, with one dash or two; of a repeated flag the last counts.
#pragma once

#include <CLI/CLI.hpp>
#include <stdexcept>
#include <string>
#include <vector>

namespace pleat::cli {

// The command line itself is wrong: the program ends with status 2.
struct UsageError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

class CommandLine {
 public:
  // `name` as typed after the program's, e.g. "weights info"; `summary` opens its help.
  CommandLine(const std::string& name, const std::string& summary);

  // --NAME VALUE, converted to T. The target's value at the time of the call is the default shown in the
  // help.
  template <class T>
  CLI::Option* value(const std::string& name, T& target, const std::string& help) {
    return app_.add_option("--" + name, target, help)->capture_default_str();
  }
  // --NAME VALUE, of which every one counts. Those of the command line replace the target's.
  void values(const std::string& name, std::vector<std::string>& target, const std::string& help);
  // --NAME and --noNAME.
  void boolean(const std::string& name, bool& target, const std::string& help);
  // An argument without a flag, and a list of at least one; required.
  void argument(const std::string& name, std::string& target, const std::string& help);
  void arguments(const std::string& name, std::vector<std::string>& target, const std::string& help);

  // Fills the targets. Returns false when only help was asked for (it is printed). Throws UsageError in one
  // line, naming the nearest flag where one is unknown.
  bool parse(const std::vector<std::string>& arguments);

 private:
  [[noreturn]] void refuse_unknown(const std::string& argument) const;

  CLI::App app_;
};

// The value is at least `least`.
CLI::Validator at_least(long long least);

}  // namespace pleat::cli
