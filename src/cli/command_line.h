// The flags of a command, in AlphaFold 3's syntax (absl_arguments.h): --flag=value, --flag value, --bool,
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

// An error in the command line; the program ends with status 2.
struct UsageError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// Turns absl's integers (decimal, 0x hexadecimal, 0o octal) into decimal ones. Rejects text that is not an
// integer from `least` to `most`.
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
  // `name` is the command as typed, such as "weights info"; its help starts with `summary`.
  CommandLine(const std::string& name, const std::string& summary);

  // The help's heading for the flags declared next.
  void group(const std::string& heading);
  // --NAME VALUE, converted to T. The help shows the target's current value as the default.
  template <class T>
  CLI::Option* value(const std::string& name, T& target, const std::string& help) {
    known_.values.insert(name);
    CLI::Option* option = app_.add_option("--" + name, target, help)->capture_default_str();
    using Value = typename ValueOf<T>::Type;
    if constexpr (std::integral<Value> && !std::same_as<Value, uint64_t>)
      option->transform(integer(std::numeric_limits<Value>::min(), std::numeric_limits<Value>::max()));
    return option;
  }
  // --NAME VALUE, a size in bytes such as 16G; the help shows `shown` as the default.
  void size(const std::string& name, int64_t& bytes, const std::string& shown, const std::string& help);
  // A repeatable --NAME VALUE. The values of the command line replace the target's.
  void values(const std::string& name, std::vector<std::string>& target, const std::string& help);
  // --NAME and --noNAME.
  void boolean(const std::string& name, bool& target, const std::string& help);
  // A required argument without a flag, and a list of at least one.
  void argument(const std::string& name, std::string& target, const std::string& help);
  CLI::Option* arguments(const std::string& name, std::vector<std::string>& target, const std::string& help);
  // An example in the help; it must run as it stands where its files exist.
  void example(const std::string& command, const std::string& purpose);

  // Fills the targets. Returns false when there is nothing more to do: after printing the help, or with
  // --only_check_args. Throws UsageError of one line; for an unknown flag it names the nearest known one.
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

// Accepts integers of at least `least`.
CLI::Validator at_least(long long least);

}  // namespace pleat::cli
