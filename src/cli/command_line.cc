#include "cli/command_line.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <functional>
#include <iostream>

#include "base/error.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/nearest.h"

namespace pleat::cli {
namespace {

// What stands for a flag's value, by AlphaFold 3's habit of names: a folder where the name ends with _dir, a file where
// it ends with _path.
std::string value_of(const std::string& name, const std::string& type) {
  if (type == "TEXT" && name.ends_with("_dir")) return "FOLDER";
  if (type == "TEXT" && name.ends_with("_path")) return "FILE";
  if (type == "INT" || type == "UINT") return "INTEGER";
  return type == "FLOAT" ? "NUMBER" : type;
}

// Reads a type as CLI11 shows it: "INT:>= 1", "TEXT:{a,b}", "TEXT:YYYY-MM-DD".
void read_type(const std::string& shown, FlagHelp& flag) {
  const size_t colon = std::min(shown.find(':'), shown.size());
  flag.value = value_of(flag.name, shown.substr(0, colon));
  const std::string rule = colon < shown.size() ? shown.substr(colon + 1) : "";
  if (rule.starts_with("{")) {
    flag.value = "CHOICE";
    flag.choices = CLI::detail::split(rule.substr(1, rule.find('}') - 1), ',');
  } else if (rule.starts_with(">= ")) {
    flag.limit = "at least " + rule.substr(3);
  } else if (rule.starts_with("> ")) {
    flag.limit = "above " + rule.substr(2);
  } else if (!rule.empty()) {
    flag.value = rule;
  }
}

}  // namespace

CommandLine::CommandLine(const std::string& name, const std::string& summary)
    : name_(name), app_(summary, "pleat " + name) {
  app_.option_defaults()->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
  app_.allow_extras();
  app_.set_help_flag();  // read_absl() sees it
  group("Flags");
}

void CommandLine::group(const std::string& heading) { app_.option_defaults()->group(heading); }

void CommandLine::boolean(const std::string& name, bool& target, const std::string& help) {
  known_.booleans.insert(name);
  booleans_[name] = target;
  app_.add_flag(fmt::format("--{0},!--no{0}", name), target, help);
}

void CommandLine::size(const std::string& name, int64_t& bytes, const std::string& shown,
                       const std::string& help) {
  known_.values.insert(name);
  const std::function<void(const std::string&)> set = [&bytes](const std::string& text) {
    try {
      bytes = parse_size(text);
    } catch (const Error& error) {
      throw CLI::ValidationError(error.what());
    }
  };
  app_.add_option_function("--" + name, set, help)->default_str(shown)->type_name("SIZE");
}

void CommandLine::values(const std::string& name, std::vector<std::string>& target, const std::string& help) {
  known_.values.insert(name);
  app_.add_option("--" + name, target, help)
      ->capture_default_str()
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll)
      ->allow_extra_args(false);
}

void CommandLine::argument(const std::string& name, std::string& target, const std::string& help) {
  app_.add_option(name, target, help)->required()->group("Arguments");
}

CLI::Option* CommandLine::arguments(const std::string& name, std::vector<std::string>& target,
                                    const std::string& help) {
  return app_.add_option(name, target, help)
      ->required()
      ->group("Arguments")
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
}

void CommandLine::example(const std::string& command, const std::string& purpose) {
  examples_.push_back({command, purpose});
}

CommandHelp CommandLine::described() const {
  CommandHelp help{name_, app_.get_description(), {}, examples_};
  for (const CLI::Option* option : app_.get_options()) {
    FlagHelp flag;
    flag.name = option->get_single_name();
    flag.group = option->get_group();
    flag.text = option->get_description();
    flag.positional = option->get_positional();
    flag.required = option->get_required();
    flag.repeated = option->get_multi_option_policy() == CLI::MultiOptionPolicy::TakeAll;
    const auto boolean = booleans_.find(flag.name);
    flag.boolean = boolean != booleans_.end();
    if (flag.boolean)
      flag.standard = boolean->second ? "true" : "false";
    else if (!flag.required)
      flag.standard = option->get_default_str();
    if (!flag.boolean) read_type(option->get_type_name(), flag);
    help.flags.push_back(std::move(flag));
  }
  return help;
}

bool CommandLine::parse(const std::vector<std::string>& arguments) {
  if (arguments == kDescribe) throw described();
  AbslArguments given = read_absl(arguments, known_);
  helped_ = given.help;
  if (helped_) {
    std::cout << terminal_help(described());
    return false;
  }
  try {
    std::ranges::reverse(given.words);  // CLI11 takes the last word first
    app_.parse(std::move(given.words));
  } catch (const CLI::ParseError& error) {
    const auto unknown = app_.remaining();
    if (!unknown.empty()) refuse_unknown(unknown.front());
    throw UsageError(error.what());
  }
  const auto unknown = app_.remaining();
  if (!unknown.empty()) refuse_unknown(unknown.front());
  if (given.check_only) log_info("The flags are valid. Nothing runs, because of --only_check_args.");
  return !given.check_only;
}

void CommandLine::refuse_unknown(const std::string& argument) const {
  if (!argument.starts_with("--")) throw UsageError(fmt::format("unexpected argument '{}'", argument));
  const std::string flag = argument.substr(0, argument.find('='));
  std::vector<std::string> known;
  for (const CLI::Option* option : app_.get_options()) {
    for (const std::string& name : option->get_lnames()) known.push_back("--" + name);
  }
  const std::string meant = did_you_mean(flag, known);
  throw UsageError(fmt::format("unknown flag '{}'. {}", flag,
                               meant.empty() ? fmt::format("See {} --help.", app_.get_name()) : meant));
}

CLI::Validator integer(long long least, long long most) {
  return CLI::Validator(
      [least, most](std::string& text) {
        const bool plus = text.size() > 1 && text[0] == '+' && text[1] != '-';
        const std::string_view digits = std::string_view(text).substr(plus ? 1 : 0);
        const bool prefixed = digits.size() > 2 && digits[0] == '0' && digits[2] != '-';
        const int base = prefixed && digits[1] == 'x' ? 16 : prefixed && digits[1] == 'o' ? 8 : 10;
        const char *begin = digits.data() + (base == 10 ? 0 : 2), *end = digits.data() + digits.size();
        long long value = 0;
        const auto [used, error] = std::from_chars(begin, end, value, base);
        const bool whole = used == end && begin != end;
        if (error == std::errc() && whole && value >= least && value <= most) {
          text = std::to_string(value);
          return std::string();
        }
        const bool out_of_range = whole && error != std::errc::invalid_argument;
        return fmt::format("found '{}' where an integer{} is needed", text,
                           out_of_range ? fmt::format(" from {} to {}", least, most) : "");
      },
      "");
}

CLI::Validator at_least(long long least) {
  return CLI::Validator(
      [least](const std::string& text) {
        try {
          if (std::stoll(text) >= least) return std::string();
        } catch (const std::exception&) {  // not a number: the same message as for a small one
        }
        return fmt::format("found '{}' where an integer of at least {} is needed", text, least);
      },
      fmt::format(">= {}", least));
}

}  // namespace pleat::cli
