// What a command does and takes, in the forms that people and tools read. The one source is the declaration of its
// flags (CommandLine); main.cc's table has the commands.
#pragma once

#include <string>
#include <vector>

namespace pleat::cli {

struct FlagHelp {
  std::string name;   // without dashes
  std::string group;  // its heading
  std::string text;
  std::string value;                 // what stands for the value, such as FILE; empty for booleans
  std::vector<std::string> choices;  // all values, where they can be listed
  std::string limit;                 // such as "at least 1"; empty: none
  std::string standard;              // the default; empty: none
  bool boolean = false, positional = false, required = false, repeated = false;
};

struct Example {
  std::string command, purpose;
};

struct CommandHelp {
  std::string name;  // one or two words
  std::string summary;
  std::vector<FlagHelp> flags;
  std::vector<Example> examples;
};

// The flags that every command takes besides its own.
const std::vector<FlagHelp>& common_flags();

// For a terminal of 80 columns.
std::string terminal_help(const CommandHelp& command);
// Tables, one for each group of flags.
std::string markdown_help(const std::vector<CommandHelp>& commands);
// A manual page, in man(7)'s macros.
std::string man_page(const std::vector<CommandHelp>& commands);
// Completion scripts, to be sourced.
std::string bash_completion(const std::vector<CommandHelp>& commands);
std::string zsh_completion(const std::vector<CommandHelp>& commands);

}  // namespace pleat::cli
