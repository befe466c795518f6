#include "cli/absl_arguments.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <optional>
#include <sstream>

#include "base/error.h"
#include "base/file.h"
#include "base/log.h"
#include "base/text.h"
#include "cli/command_line.h"
#include "cli/flags.h"

namespace pleat::cli {
namespace {

using Words = std::vector<std::string>;

const std::set<std::string> kHelp = {"help", "helpfull", "helpshort", "?", "h"};

// absl's own flags that do not change a prediction.
const std::set<std::string> kAbslBooleans = {
    "logtostderr", "alsologtostderr",    "showprefixforinfo",         "run_with_pdb", "pdb_post_mortem",
    "pdb",         "run_with_profiling", "use_cprofile_for_profiling"};
const std::set<std::string> kAbslValues = {"verbosity",     "v",           "stderrthreshold", "log_dir",
                                           "logger_levels", "profile_file"};
const std::string kCheckOnly = "only_check_args";

// A word that names a flag.
struct Flag {
  std::string name;                  // without dashes
  std::optional<std::string> value;  // the text after "="
};

bool is_flag(const std::string& word) {
  if (word.starts_with("--")) return word.size() > 2;
  const bool one_dash = word.size() > 1 && word[0] == '-';
  return one_dash && (is_letter(word[1]) || word[1] == '?');
}

Flag flag_of(const std::string& word) {
  const std::string text = word.substr(word.starts_with("--") ? 2 : 1);
  const size_t equals = text.find('=');
  if (equals == text.npos) return {text, std::nullopt};
  return {text.substr(0, equals), text.substr(equals + 1)};
}

std::optional<bool> boolean_of(std::string text) {
  text = lower_case(std::move(text));
  if (text == "true" || text == "t" || text == "1") return true;
  if (text == "false" || text == "f" || text == "0") return false;
  return std::nullopt;
}

Words lines_of(const std::string& file) {
  Words lines;
  std::istringstream text(read_text_file(file));
  for (std::string line; std::getline(text, line);) {
    const std::string word = std::string(stripped(line));
    if (!word.empty() && !word.starts_with("#") && !word.starts_with("//")) lines.push_back(word);
  }
  return lines;
}

// Replaces --flagfile by the lines of the file. `open` are the files being read.
class FlagFiles {
 public:
  explicit FlagFiles(const KnownFlags& known) : known_(known) {}

  Words expand(const Words& words) {
    Words result;
    for (size_t i = 0; i < words.size(); ++i) {
      const std::optional<Flag> flag = is_flag(words[i]) ? std::optional(flag_of(words[i])) : std::nullopt;
      if (flag && flag->name == "flagfile") {
        if (!flag->value && i + 1 == words.size()) throw UsageError("--flagfile needs the name of a file");
        const Words lines = read(flag->value ? *flag->value : words[++i]);
        result.insert(result.end(), lines.begin(), lines.end());
        continue;
      }
      result.push_back(words[i]);
      const bool value_follows = flag && !flag->value && known_.values.contains(flag->name);
      if (value_follows && i + 1 < words.size()) result.push_back(words[++i]);
    }
    return result;
  }

 private:
  Words read(const std::string& name) {
    const std::string file = expand_home(name);
    if (std::ranges::find(open_, file) != open_.end())
      throw UsageError(fmt::format("--flagfile: {} includes itself", file));
    open_.push_back(file);
    Words lines;
    try {
      lines = lines_of(file);
    } catch (const Error& error) {
      throw UsageError(fmt::format("--flagfile: {}", error.what()));
    }
    Words expanded = expand(lines);
    open_.pop_back();
    return expanded;
  }

  const KnownFlags& known_;
  Words open_;
};

// Reads the words from left to right.
class Reader {
 public:
  Reader(Words words, const KnownFlags& known) : words_(std::move(words)), known_(known) {
    for (size_t i = 0; i < words_.size(); ++i) {
      if (!is_flag(words_[i])) continue;
      const Flag flag = flag_of(words_[i]);
      if (flag.name != "undefok") continue;
      std::istringstream names(flag.value ? *flag.value : i + 1 < words_.size() ? words_[i + 1] : "");
      for (std::string name; std::getline(names, name, ',');) undefined_.insert(std::string(stripped(name)));
    }
  }

  AbslArguments read() {
    while (at_ < words_.size()) {
      const std::string& word = words_[at_++];
      if (word == "--") continue;
      if (is_flag(word))
        read_flag(flag_of(word));
      else
        result_.words.push_back(word);
    }
    return std::move(result_);
  }

 private:
  void read_flag(const Flag& flag) {
    if (kHelp.contains(flag.name)) {
      result_.help = true;
    } else if (known_.values.contains(flag.name)) {
      result_.words.push_back("--" + flag.name);
      if (const auto value = flag.value ? flag.value : next()) result_.words.push_back(*value);
    } else if (const auto set = boolean(flag, known_.booleans)) {
      result_.words.push_back(fmt::format("--{}={}", set->first, set->second));
    } else if (!read_own(flag) && !is_undefined(flag)) {
      result_.words.push_back(flag.value ? fmt::format("--{}={}", flag.name, *flag.value) : "--" + flag.name);
    }
  }

  std::optional<std::string> next() {
    return at_ < words_.size() ? std::optional(words_[at_++]) : std::nullopt;
  }

  // The boolean that the flag sets, and its value.
  std::optional<std::pair<std::string, bool>> boolean(const Flag& flag, const std::set<std::string>& names) {
    const std::string& name = flag.name;
    if (names.contains(name)) return std::pair(name, flag.value ? given(name, *flag.value) : following(name));
    if (!name.starts_with("no") || !names.contains(name.substr(2))) return std::nullopt;
    if (flag.value)
      throw UsageError(
          fmt::format("--{} takes no value. Write --{}={}.", name, name.substr(2), "true or false"));
    return std::pair(name.substr(2), false);
  }

  static bool given(const std::string& name, const std::string& text) {
    if (const auto value = boolean_of(text)) return *value;
    throw UsageError(fmt::format("--{}: found '{}' where true or false is needed", name, text));
  }

  // The value of a boolean without "=".
  bool following(const std::string& name) {
    const auto value = at_ < words_.size() ? boolean_of(words_[at_]) : std::nullopt;
    if (!value) return true;
    log_warning(
        "warning: pleat reads '--{0} {1}' as --{0}={2}. AlphaFold 3 ignores the word '{1}' and reads "
        "--{0}=true. Write '=' to make both read the same.",
        name, words_[at_], *value);
    ++at_;
    return *value;
  }

  // Skips a flag of absl's own; returns whether the flag is one.
  bool read_own(const Flag& flag) {
    if (const auto set = boolean(flag, {kCheckOnly})) {
      result_.check_only = set->second;
      return true;
    }
    if (flag.name == "undefok" || kAbslValues.contains(flag.name)) {
      if (!flag.value) next();
      if (flag.name != "undefok") note(flag.name);
      return true;
    }
    const auto set = boolean(flag, kAbslBooleans);
    if (set) note(set->first);
    return set.has_value();
  }

  void note(const std::string& name) {
    if (noted_.insert(name).second)
      log_info("--{} has no effect: pleat has no Python logging, debugging or profiling.", name);
  }

  // Skips a flag that --undefok names, with its value; returns whether the flag is one.
  bool is_undefined(const Flag& flag) {
    const bool negated = flag.name.starts_with("no") && undefined_.contains(flag.name.substr(2));
    if (!negated && !undefined_.contains(flag.name)) return false;
    if (!flag.value && at_ < words_.size() && !words_[at_].starts_with("-")) ++at_;
    return true;
  }

  Words words_;
  const KnownFlags& known_;
  size_t at_ = 0;
  std::set<std::string> undefined_, noted_;
  AbslArguments result_;
};

}  // namespace

AbslArguments read_absl(const std::vector<std::string>& arguments, const KnownFlags& known) {
  return Reader(FlagFiles(known).expand(arguments), known).read();
}

}  // namespace pleat::cli
