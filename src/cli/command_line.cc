#include "cli/command_line.h"

#include <fmt/format.h>

#include <iostream>

#include "base/nearest.h"

namespace pleat::cli {
namespace {

// absl takes one dash for two.
std::string with_two_dashes(const std::string& argument) {
  const bool single =
      argument.size() > 2 && argument[0] == '-' && std::isalpha(static_cast<unsigned char>(argument[1]));
  return single ? "-" + argument : argument;
}

// The order in which CLI11 takes them. A "--" that ends the flags is left out: what follows can be nothing
// else where all arguments are flags or files. CLI11 takes the argument after "--flag=" for the flag's value,
// so that an empty value is made an argument of its own.
std::vector<std::string> reversed(const std::vector<std::string>& arguments) {
  std::vector<std::string> result;
  for (auto argument = arguments.rbegin(); argument != arguments.rend(); ++argument) {
    std::string text = with_two_dashes(*argument);
    if (text == "--") continue;
    if (text.starts_with("--") && text.find('=') == text.size() - 1) {
      text.pop_back();
      result.emplace_back();
    }
    result.push_back(std::move(text));
  }
  return result;
}

}  // namespace

CommandLine::CommandLine(const std::string& name, const std::string& summary)
    : app_(summary, "pleat " + name) {
  app_.option_defaults()->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
  app_.allow_extras();
}

void CommandLine::boolean(const std::string& name, bool& target, const std::string& help) {
  app_.add_flag(fmt::format("--{0},!--no{0}", name), target, fmt::format("{} [{}]", help, target));
}

void CommandLine::values(const std::string& name, std::vector<std::string>& target, const std::string& help) {
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
  try {
    app_.parse(reversed(arguments));
  } catch (const CLI::CallForHelp&) {
    std::cout << app_.help();
    return false;
  } catch (const CLI::ParseError& error) {
    const auto unknown = app_.remaining();
    if (!unknown.empty()) refuse_unknown(unknown.front());
    throw UsageError(error.what());
  }
  const auto unknown = app_.remaining();
  if (!unknown.empty()) refuse_unknown(unknown.front());
  return true;
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
