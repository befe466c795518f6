#include "cli/help.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <functional>

namespace pleat::cli {
namespace {

constexpr size_t kWidth = 80;

// The words of a text in lines of at most kWidth columns, each after `indent` spaces.
std::string wrapped(const std::string& text, size_t indent) {
  std::string lines, line(indent, ' ');
  for (size_t from = 0; from < text.size();) {
    const size_t space = std::min(text.find(' ', from), text.size());
    const std::string word = text.substr(from, space - from);
    if (line.size() > indent && line.size() + 1 + word.size() > kWidth) {
      lines += line + "\n";
      line.assign(indent, ' ');
    }
    line += (line.size() > indent ? " " : "") + word;
    from = space + 1;
  }
  return lines + line + "\n";
}

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  for (size_t at = text.find(from); at != text.npos; at = text.find(from, at + to.size()))
    text.replace(at, from.size(), to);
  return text;
}

// "--num_recycles INTEGER", or both forms of a boolean, or an argument.
std::string usage_of(const FlagHelp& flag) {
  if (flag.positional) return flag.name;
  if (flag.boolean) return fmt::format("--{0}, --no{0}", flag.name);
  return fmt::format("--{} {}", flag.name, flag.value);
}

std::string default_of(const FlagHelp& flag) { return flag.required ? "required" : flag.standard; }

// What the flag does, as sentences: text, choices, limit, default.
std::string full_text(const FlagHelp& flag) {
  std::vector<std::string> notes;
  if (!flag.choices.empty()) notes.push_back(fmt::format("one of {}", fmt::join(flag.choices, ", ")));
  if (!flag.limit.empty()) notes.push_back(flag.limit);
  if (flag.repeated) notes.push_back("may be repeated");
  if (flag.required) notes.push_back("required");
  if (!flag.standard.empty()) notes.push_back("default: " + flag.standard);
  return notes.empty() ? flag.text : fmt::format("{} ({})", flag.text, fmt::join(notes, "; "));
}

// Calls of `start` with each heading, and of `flag` with each flag below it; arguments come first.
void for_groups(const CommandHelp& command, const std::function<void(const std::string&)>& start,
                const std::function<void(const FlagHelp&)>& flag) {
  std::vector<std::string> groups;
  for (const FlagHelp& f : command.flags)
    if (std::ranges::find(groups, f.group) == groups.end()) groups.push_back(f.group);
  for (const std::string& group : groups) {
    start(group);
    for (const FlagHelp& f : command.flags)
      if (f.group == group) flag(f);
  }
}

// "pleat infer --features FILE --output FILE [FLAGS]": what is required.
std::string usage(const CommandHelp& command) {
  std::string text = "pleat " + command.name;
  bool more = false;
  for (const FlagHelp& flag : command.flags) {
    if (flag.positional)
      text += (flag.required ? " " : " [") + flag.name + (flag.repeated ? "..." : "") +
              (flag.required ? "" : "]");
    else if (flag.required)
      text += " " + usage_of(flag);
    else
      more = true;
  }
  return more ? text + " [FLAGS]" : text;
}

}  // namespace

const std::vector<FlagHelp>& common_flags() {
  const auto flag = [](const char* name, const char* text, const char* value, bool boolean) {
    return FlagHelp{.name = name,
                    .group = "Every command",
                    .text = text,
                    .value = value,
                    .choices = {},
                    .limit = "",
                    .standard = "",
                    .boolean = boolean};
  };
  static const std::vector<FlagHelp> flags = {
      flag("help", "Print this help.", "", true),
      flag("flagfile", "Read flags from a file, one on each line.", "FILE", false),
      flag("undefok", "Ignore these flags, separated by commas, where the command does not know them.",
           "NAMES", false),
      flag("only_check_args", "Check the flags and do nothing else.", "", true)};
  return flags;
}

std::string terminal_help(const CommandHelp& command) {
  std::string text = wrapped(command.summary, 0) + "\nUsage:\n" + wrapped(usage(command), 2);
  for_groups(
      command, [&](const std::string& group) { text += "\n" + group + ":\n"; },
      [&](const FlagHelp& flag) { text += "  " + usage_of(flag) + "\n" + wrapped(full_text(flag), 6); });
  text += "\nEvery command:\n";
  for (const FlagHelp& flag : common_flags())
    text += "  --" + flag.name + (flag.value.empty() ? "" : " " + flag.value) + "\n" + wrapped(flag.text, 6);
  if (!command.examples.empty()) text += "\nExamples:\n";
  for (const Example& example : command.examples)
    text += fmt::format("  {}\n", example.command) + wrapped(example.purpose, 6);
  return text;
}

std::string markdown_help(const std::vector<CommandHelp>& commands) {
  std::string text =
      "# Commands and flags\n\n`pleat help COMMAND` prints the same for one command. `make docs` writes this "
      "page from the "
      "program's own declarations.\n\nEvery command also takes:\n\n| flag | what it does |\n|---|---|\n";
  for (const FlagHelp& flag : common_flags())
    text +=
        fmt::format("| `--{}{}` | {} |\n", flag.name, flag.value.empty() ? "" : " " + flag.value, flag.text);
  text += "\n";
  const auto code = [](const std::string& word) { return word.empty() ? word : "`" + word + "`"; };
  const auto cell = [](const std::string& word) { return replaced(word, "|", "\\|"); };
  for (const CommandHelp& command : commands) {
    text += fmt::format("## pleat {}\n\n{}\n\nUsage: `{}`\n", command.name, command.summary, usage(command));
    for_groups(
        command,
        [&](const std::string& group) {
          text += fmt::format("\n### {}\n\n| flag | default | what it does |\n|---|---|---|\n", group);
        },
        [&](const FlagHelp& flag) {
          FlagHelp rest = flag;
          rest.required = false;
          rest.standard.clear();
          const std::string standard = default_of(flag);
          text += fmt::format("| {} | {} | {} |\n", code(usage_of(flag)),
                              flag.required ? standard : cell(code(standard)), cell(full_text(rest)));
        });
    if (!command.examples.empty()) text += "\n### Examples\n";
    for (const Example& example : command.examples)
      text += fmt::format("\n{}\n\n    {}\n", example.purpose, example.command);
    text += "\n";
  }
  return text;
}

std::string man_page(const std::vector<CommandHelp>& commands) {
  const auto safe = [](const std::string& text) {
    const std::string escaped = replaced(replaced(text, "\\", "\\e"), "-", "\\-");
    return escaped.starts_with('.') || escaped.starts_with('\'') ? "\\&" + escaped : escaped;
  };
  std::string text = fmt::format(
      ".TH PLEAT 1 \"\" \"pleat {}\"\n.SH NAME\npleat \\- predicts the structures of biomolecular complexes\n"
      ".SH SYNOPSIS\n.B pleat\nCOMMAND [FLAGS]\n.SH DESCRIPTION\n"
      "pleat predicts the structures of complexes of proteins, RNA, DNA, ligands and ions with the network "
      "of AlphaFold 3. "
      "It takes AlphaFold 3's input and flags, and writes its files.\n.SH COMMANDS\n",
      PLEAT_VERSION);
  for (const CommandHelp& command : commands) {
    text += fmt::format(".SS {}\n{}\n", safe(usage(command)), safe(command.summary));
    for_groups(
        command, [&](const std::string& group) { text += fmt::format(".PP\n.I {}\n", safe(group)); },
        [&](const FlagHelp& flag) {
          text += fmt::format(".TP\n.B {}\n{}\n", safe(usage_of(flag)), safe(full_text(flag)));
        });
    for (const Example& example : command.examples)
      text +=
          fmt::format(".PP\n{}\n.PP\n.RS\n.nf\n{}\n.fi\n.RE\n", safe(example.purpose), safe(example.command));
  }
  text += ".SH FLAGS OF EVERY COMMAND\n";
  for (const FlagHelp& flag : common_flags())
    text +=
        fmt::format(".TP\n.B {}\n{}\n", safe("--" + flag.name + (flag.value.empty() ? "" : " " + flag.value)),
                    safe(flag.text));
  return text +
         fmt::format(
             ".SH EXIT STATUS\n.TP\n.B 0\nEverything was done.\n.TP\n.B 1\nAn input, a file or a job has an "
             "error.\n"
             ".TP\n.B 2\nThe command line has an error.\n.TP\n.B 130\nA signal stopped the program.\n");
}

namespace {

// All names of a command's flags, with dashes.
std::vector<std::string> flag_words(const CommandHelp& command) {
  std::vector<std::string> words;
  const auto add = [&](const FlagHelp& flag) {
    if (flag.positional) return;
    words.push_back("--" + flag.name);
    if (flag.boolean && flag.name != "help") words.push_back("--no" + flag.name);
  };
  std::ranges::for_each(command.flags, add);
  std::ranges::for_each(common_flags(), add);
  return words;
}

// The second words of the commands whose first word is `family`.
std::vector<std::string> members(const std::vector<CommandHelp>& commands, const std::string& family) {
  std::vector<std::string> words;
  for (const CommandHelp& command : commands)
    if (command.name.starts_with(family + " ")) words.push_back(command.name.substr(family.size() + 1));
  return words;
}

// The first words of all commands, each once.
std::vector<std::string> first_words(const std::vector<CommandHelp>& commands) {
  std::vector<std::string> words;
  for (const CommandHelp& command : commands) {
    const std::string word = command.name.substr(0, command.name.find(' '));
    if (std::ranges::find(words, word) == words.end()) words.push_back(word);
  }
  return words;
}

// `branch` for each word that starts several commands: {0} is that word, {1} are those that follow it.
std::string family_branches(const std::vector<CommandHelp>& commands, const std::string& branch) {
  std::string branches;
  for (const std::string& word : first_words(commands)) {
    const auto seconds = members(commands, word);
    if (!seconds.empty())
      branches += fmt::format(fmt::runtime(branch), word, fmt::format("{}", fmt::join(seconds, " ")));
  }
  return branches;
}

// A branch of bash's `case` for what follows a flag.
std::string bash_values(const FlagHelp& flag) {
  if (!flag.choices.empty())
    return fmt::format("    --{}) COMPREPLY=($(compgen -W '{}' -- \"$word\")); return;;\n", flag.name,
                       fmt::join(flag.choices, " "));
  if (flag.value == "FOLDER")
    return fmt::format("    --{}) COMPREPLY=($(compgen -d -- \"$word\")); return;;\n", flag.name);
  if (flag.value == "FILE")
    return fmt::format("    --{}) COMPREPLY=($(compgen -f -- \"$word\")); return;;\n", flag.name);
  return "";
}

}  // namespace

std::string bash_completion(const std::vector<CommandHelp>& commands) {
  std::vector<std::string> seen;
  std::string values, branches;
  for (const CommandHelp& command : commands) {
    for (const FlagHelp& flag : command.flags) {
      if (flag.positional || std::ranges::find(seen, flag.name) != seen.end()) continue;
      seen.push_back(flag.name);
      values += bash_values(flag);
    }
    branches += fmt::format("    '{}') words='{}';;\n", command.name, fmt::join(flag_words(command), " "));
  }
  const std::string families = family_branches(
      commands,
      "    {0}) [[ $COMP_CWORD -eq 2 ]] && {{ COMPREPLY=($(compgen -W '{1}' -- \"$word\")); return; }}\n"
      "      command=\"{0} ${{COMP_WORDS[2]}}\";;\n");
  return fmt::format(
      "# Completion of pleat's commands and flags for bash; made by pleat help --format bash.\n"
      "_pleat() {{\n"
      "  local word=${{COMP_WORDS[COMP_CWORD]}} before=${{COMP_WORDS[COMP_CWORD-1]}} "
      "command=${{COMP_WORDS[1]}} words=''\n"
      "  # Readline divides --flag=value into three words.\n"
      "  if [[ $word == '=' ]]; then word=''; elif [[ $before == '=' ]]; then "
      "before=${{COMP_WORDS[COMP_CWORD-2]}}; fi\n"
      "  COMPREPLY=()\n"
      "  if [[ $COMP_CWORD -eq 1 ]]; then COMPREPLY=($(compgen -W '{} --version' -- \"$word\")); return; fi\n"
      "  case $command in\n{}  esac\n"
      "  case $before in\n{}    --flagfile) COMPREPLY=($(compgen -f -- \"$word\")); return;;\n  esac\n"
      "  case $command in\n{}  esac\n"
      "  if [[ $word == -* ]]; then COMPREPLY=($(compgen -W \"$words\" -- \"$word\"));\n"
      "  else COMPREPLY=($(compgen -f -- \"$word\")); fi\n"
      "}}\n"
      "complete -o filenames -F _pleat pleat\n",
      fmt::join(first_words(commands), " "), families, values, branches);
}

std::string zsh_completion(const std::vector<CommandHelp>& commands) {
  const auto quoted = [](std::string text) {
    for (const auto& [from, to] :
         {std::pair("'", "'\\''"), std::pair("[", "\\["), std::pair("]", "\\]"), std::pair(":", "\\:")})
      text = replaced(text, from, to);
    return text;
  };
  const auto action = [](const FlagHelp& flag) {
    if (!flag.choices.empty()) return fmt::format("({})", fmt::join(flag.choices, " "));
    return std::string(flag.value == "FOLDER" ? "_files -/" : flag.value == "FILE" ? "_files" : " ");
  };
  std::string branches;
  for (const CommandHelp& command : commands) {
    branches += fmt::format("    '{}') _arguments", command.name);
    const auto add = [&](const FlagHelp& flag) {
      if (flag.positional) return;
      const std::string star = flag.repeated ? "*" : "";
      if (flag.boolean) {
        branches += fmt::format(" \\\n      '--{}[{}]'", flag.name, quoted(flag.text));
        if (flag.name != "help")
          branches += fmt::format(" \\\n      '--no{}[Not\\: {}]'", flag.name, quoted(flag.text));
      } else {
        branches += fmt::format(" \\\n      '{}--{}=[{}]:{}:{}'", star, flag.name, quoted(flag.text),
                                quoted(flag.value), action(flag));
      }
    };
    std::ranges::for_each(command.flags, add);
    std::ranges::for_each(common_flags(), add);
    branches += " \\\n      '*:file:_files';;\n";
  }
  const std::string families = family_branches(
      commands,
      "    {0}) if (( CURRENT == 3 )); then compadd {1}; return; fi; command=\"{0} ${{words[3]}}\";;\n");
  return fmt::format(
      "#compdef pleat\n"
      "# Completion of pleat's commands and flags for zsh; made by pleat help --format zsh.\n"
      "_pleat() {{\n"
      "  local command=${{words[2]}}\n"
      "  if (( CURRENT == 2 )); then compadd {}; return; fi\n"
      "  case $command in\n{}  esac\n"
      "  case $command in\n{}  esac\n"
      "}}\n"
      "_pleat \"$@\"\n",
      fmt::join(first_words(commands), " "), families, branches);
}

}  // namespace pleat::cli
