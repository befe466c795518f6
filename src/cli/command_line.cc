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

CommandLine::CommandLine(const std::string& name, const std::string& summary)
    : app_(summary, "pleat " + name) {
  app_.option_defaults()->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
  app_.allow_extras();
  app_.set_help_flag("-h,--help", "Print this help");
  app_.footer(
      "--flagfile=FILE reads flags from a file, one on each line. --only_check_args checks the flags alone.");
}

void CommandLine::group(const std::string& heading) { app_.option_defaults()->group(heading); }

void CommandLine::boolean(const std::string& name, bool& target, const std::string& help) {
  known_.booleans.insert(name);
  app_.add_flag(fmt::format("--{0},!--no{0}", name), target, fmt::format("{} [{}]", help, target));
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
  app_.add_option_function("--" + name, set, help)->default_str(shown);
}

void CommandLine::values(const std::string& name, std::vector<std::string>& target, const std::string& help) {
  known_.values.insert(name);
  app_.add_option("--" + name, target, help)
      ->capture_default_str()
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll)
      ->allow_extra_args(false);
}

void CommandLine::argument(const std::string& name, std::string& target, const std::string& help) {
  app_.add_option(name, target, help)->required();
}

void CommandLine::arguments(const std::string& name, std::vector<std::string>& target,
                            const std::string& help) {
  app_.add_option(name, target, help)->required()->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
}

bool CommandLine::parse(const std::vector<std::string>& arguments) {
  AbslArguments given = read_absl(arguments, known_);
  helped_ = given.help;
  if (helped_) {
    std::cout << app_.help();
    return false;
  }
  try {
    std::ranges::reverse(given.words);  // the order in which CLI11 takes them
    app_.parse(std::move(given.words));
  } catch (const CLI::ParseError& error) {
    const auto unknown = app_.remaining();
    if (!unknown.empty()) refuse_unknown(unknown.front());
    throw UsageError(error.what());
  }
  const auto unknown = app_.remaining();
  if (!unknown.empty()) refuse_unknown(unknown.front());
  if (given.check_only) log_info("The flags are right. --only_check_args asks for no more.");
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
        return fmt::format("found '{}', an integer{} is needed", text,
                           out_of_range ? fmt::format(" from {} to {}", least, most) : "");
      },
      "");
}

CLI::Validator at_least(long long least) {
  return CLI::Validator(
      [least](const std::string& text) {
        try {
          if (std::stoll(text) >= least) return std::string();
        } catch (const std::exception&) {  // no number: falls through to the same message
        }
        return fmt::format("found '{}', an integer of at least {} is needed", text, least);
      },
      fmt::format(">= {}", least));
}

}  // namespace pleat::cli
