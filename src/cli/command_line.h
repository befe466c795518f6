// The flags of a command, in the style of AlphaFold 3 (absl_arguments.h): --flag=value, --flag value, --bool,
// --nobool, --bool=false, with one dash or two. The last of a repeated flag counts.
#pragma once

#include <CLI/CLI.hpp>
#include <concepts>
#include <limits>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "cli/absl_arguments.h"
#include "cli/help.h"

namespace pleat::cli {

// The arguments with which a command describes itself instead of running.
inline const std::vector<std::string> kDescribe = {"--describe"};

// The command line itself is wrong: the program ends with status 2.
struct UsageError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// Turns an integer, decimal, 0x hexadecimal or 0o octal as absl takes them, into a decimal one. Refuses text
// that is no integer from `least` to `most`.
CLI::Validator integer(long long least, long long most);

template <class T>
struct ValueOf {
  using Type = T;
};
template <class T>
struct ValueOf<std::optional<T>> {
  using Type = T;
};

class CommandLine {
 public:
  // `name` as typed after the program's, e.g. "weights info"; `summary` opens its help.
  CommandLine(const std::string& name, const std::string& summary);

  // The heading in the help of the flags that are declared next.
  void group(const std::string& heading);
  // --NAME VALUE, converted to T. The target's value at the time of the call is the default shown in the
  // help.
  template <class T>
  CLI::Option* value(const std::string& name, T& target, const std::string& help) {
    known_.values.insert(name);
    CLI::Option* option = app_.add_option("--" + name, target, help)->capture_default_str();
    using Value = typename ValueOf<T>::Type;
    if constexpr (std::integral<Value> && !std::same_as<Value, uint64_t>)
      option->transform(integer(std::numeric_limits<Value>::min(), std::numeric_limits<Value>::max()));
    return option;
  }
  // --NAME VALUE, a size in bytes as 16G; `shown` is the default in the help.
  void size(const std::string& name, int64_t& bytes, const std::string& shown, const std::string& help);
  // --NAME VALUE, of which every one counts. Those of the command line replace the target's.
  void values(const std::string& name, std::vector<std::string>& target, const std::string& help);
  // --NAME and --noNAME.
  void boolean(const std::string& name, bool& target, const std::string& help);
  // An argument without a flag, and a list of at least one; required.
  void argument(const std::string& name, std::string& target, const std::string& help);
  CLI::Option* arguments(const std::string& name, std::vector<std::string>& target, const std::string& help);
  // An example in the help; it must run as it stands where its files exist.
  void example(const std::string& command, const std::string& purpose);

  // Fills the targets. Returns false when nothing is left to do: help was asked for (it is printed), or only
  // a check of the flags. Throws UsageError in one line, naming the nearest flag where one is unknown.
  // Throws its CommandHelp where the arguments are kDescribe: only the command itself knows its flags.
  bool parse(const std::vector<std::string>& arguments);
  // Whether parse() has printed the help.
  bool helped() const { return helped_; }

 private:
  [[noreturn]] void refuse_unknown(const std::string& argument) const;
  CommandHelp described() const;

  std::string name_;
  std::vector<Example> examples_;
  std::map<std::string, bool> booleans_;  // with their defaults
  CLI::App app_;
  KnownFlags known_;
  bool helped_ = false;
};

// The value is at least `least`.
CLI::Validator at_least(long long least);

}  // namespace pleat::cli
