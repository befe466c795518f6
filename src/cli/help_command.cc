// pleat help: the commands, a command's flags, and both in the forms that manuals and shells read.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "base/nearest.h"
#include "cli/command_line.h"
#include "cli/commands.h"

namespace pleat::cli {
namespace {

CommandHelp described(const Command& command) {
  try {
    command.run(kDescribe);
  } catch (const CommandHelp& help) {
    return help;
  }
  throw std::logic_error("pleat " + command.name + " does not describe itself");
}

std::string overview(const std::vector<Command>& shown) {
  std::string text;
  for (const Command& command : shown) text += fmt::format("  {:<20}{}\n", command.name, command.summary);
  return text;
}

// The commands that a name means: the one of that name, or those of which it is the first word. Throws UsageError
// where there is none.
std::vector<Command> commands_named(const std::string& name) {
  std::vector<Command> found;
  std::vector<std::string> known;
  for (const Command& command : commands()) {
    if (command.name == name || command.name.starts_with(name + " ")) found.push_back(command);
    known.push_back(command.name);
  }
  if (!found.empty()) return found;
  const std::string meant = did_you_mean(name, known);
  throw UsageError(fmt::format("unknown command '{}'. {}", name, meant.empty() ? "See pleat help." : meant));
}

std::string text_for_terminal(const std::string& name) {
  if (name.empty())
    return fmt::format(
        "pleat predicts the structures of biomolecular complexes.\n\nUsage: pleat COMMAND [FLAGS]\n\n{}\n"
        "pleat help COMMAND lists a command's flags; pleat --version prints the version.\n",
        overview(commands()));
  const auto found = commands_named(name);
  if (found.size() == 1) return terminal_help(described(found.front()));
  return fmt::format("Usage: pleat {} COMMAND [FLAGS]\n\n{}", name, overview(found));
}

std::string text_in(const std::string& format, const std::vector<CommandHelp>& shown) {
  if (format == "markdown") return markdown_help(shown);
  if (format == "man") return man_page(shown);
  return format == "bash" ? bash_completion(shown) : zsh_completion(shown);
}

}  // namespace

int help(const Arguments& arguments) {
  std::vector<std::string> words;
  std::string format = "text";
  CommandLine line("help", "Lists the commands, or the flags of one command.");
  line.arguments("COMMAND", words, "A command, such as predict or weights info")->required(false);
  line.value("format", format,
             "How to write it: text; for all that is to be known of the commands: markdown (tables), man "
             "(the manual page), bash or "
             "zsh (completion)")
      ->check(CLI::IsMember({"text", "markdown", "man", "bash", "zsh"}));
  line.example("pleat help predict", "The flags of pleat predict.");
  line.example("pleat help --format bash > pleat.bash",
               "Completion for bash: source pleat.bash in ~/.bashrc.");
  if (!line.parse(arguments)) return kSuccess;
  const std::string name = fmt::format("{}", fmt::join(words, " "));
  if (format == "text") {
    fmt::print("{}", text_for_terminal(name));
    return kSuccess;
  }
  std::vector<CommandHelp> shown;
  for (const Command& command : name.empty() ? commands() : commands_named(name))
    shown.push_back(described(command));
  fmt::print("{}", text_in(format, shown));
  return kSuccess;
}

}  // namespace pleat::cli
