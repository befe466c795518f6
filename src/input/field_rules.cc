#include "input/field_rules.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>

#include "base/printable.h"
#include "base/text.h"

namespace pleat::input {
namespace {

// The integer that Python's int() makes of a JSON value; nullopt when it makes none or the integer is too
// large.
std::optional<int64_t> as_python_int(const nlohmann::json& value) {
  constexpr double kLimit = 9e18;
  if (value.is_boolean()) return value.get<bool>();
  if (value.is_number()) {
    const double real = value.get<double>();
    if (std::abs(real) > kLimit) return std::nullopt;
    return value.is_number_float() ? static_cast<int64_t>(real) : value.get<int64_t>();
  }
  if (!value.is_string()) return std::nullopt;
  std::string_view digits = stripped(value.get_ref<const std::string&>());
  if (digits.empty()) return std::nullopt;
  if (digits.front() == '+' && digits.size() > 1 && digits[1] != '-') digits.remove_prefix(1);
  int64_t number = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (error != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
  return number;
}

// Reports each character that is not a letter; throws the last of these problems.
void check_letters(const JsonNode& node, const std::string& sequence) {
  constexpr size_t kMostReported = 5;
  const std::string fix = "Use the letters A to Z only.";
  std::vector<std::string> wrong;
  for (size_t i = 0; i < sequence.size(); ++i) {
    if (is_letter(sequence[i])) continue;
    size_t end = i + 1;
    while (end < sequence.size() && continues_character(sequence[end])) ++end;
    wrong.push_back(fmt::format("found {} at position {}", describe(sequence.substr(i, end - i)), i + 1));
    i = end - 1;
  }
  if (wrong.size() > kMostReported) {
    wrong[kMostReported - 1] =
        fmt::format("found {} more characters that are not letters", wrong.size() - kMostReported + 1);
    wrong.resize(kMostReported);
  }
  for (size_t i = 0; i + 1 < wrong.size(); ++i) node.report(wrong[i], fix);
  if (!wrong.empty()) node.fail(wrong.back(), fix);
}

}  // namespace

std::string read_name(const JsonNode& job) {
  const JsonNode node = job.at("name");
  FoldInput named;
  named.name = node.string();
  const std::string fix = "Give a name with at least one letter, digit, dash or underscore.";
  if (stripped(named.name).empty()) node.fail("the name is blank", fix);
  const std::string file_name = named.sanitised_name();
  if (file_name.empty() || file_name == "." || file_name == "..") {
    node.fail("pleat cannot make a file name from " + describe(node.value()), fix);
  }
  return named.name;
}

std::vector<uint32_t> read_seeds(const JsonNode& seeds) {
  const std::string list = "Give the seeds as a list, for example [1].";
  if (!seeds.value().is_array())
    seeds.fail("found " + describe(seeds.value()) + " where a list is needed", list);
  std::vector<uint32_t> numbers;
  for (const JsonNode& item : seeds.items()) {
    const auto number = as_python_int(item.value());
    if (!number || *number < 0 || *number > UINT32_MAX) {
      item.report("found " + describe(item.value()) + " as a seed", "Give an integer from 0 to 4294967295.");
      continue;
    }
    const bool as_written = item.value().is_string() || item.value() == *number;
    if (!as_written)
      item.warn("found " + describe(item.value()) + " as a seed", fmt::format("pleat uses {}.", *number));
    if (std::find(numbers.begin(), numbers.end(), *number) != numbers.end())
      item.warn(fmt::format("the seed {} stands in the list before", *number),
                "It gives the same results again.");
    numbers.push_back(static_cast<uint32_t>(*number));
  }
  if (seeds.value().empty()) seeds.fail("the list of seeds is empty", list);
  return numbers;
}

std::string read_sequence(const JsonNode& polymer) {
  const JsonNode node = polymer.at("sequence");
  const std::string& sequence = node.string();
  if (sequence.empty()) node.fail("the sequence is empty", "Give at least one residue.");
  check_letters(node, sequence);
  const auto modifications = polymer.find("modifications");
  const bool modified = modifications && !modifications->value().empty();
  if (!modified && std::none_of(sequence.begin(), sequence.end(), is_upper)) {
    node.fail(
        "found " + describe(node.value()) + ", all in lower case; lower-case letters are unknown residues",
        "Write the sequence in capitals.");
  }
  return sequence;
}

std::string read_component_code(const JsonNode& node, PrefixRule prefix, const ContentChecks& checks) {
  constexpr std::string_view kPrefix = "CCD_";
  std::string code = node.string();
  if (prefix != PrefixRule::keep && code.starts_with(kPrefix)) {
    if (prefix == PrefixRule::refuse) {
      node.fail("found the prefix 'CCD_' in '" + code + "'", "Give the code without the prefix.");
    }
    code.erase(0, kPrefix.size());
  }
  if (code.empty())
    node.fail("the component code is empty", "Give a code of the Chemical Component Dictionary.");
  try {
    checks.check_component(code);
  } catch (const Error& error) {
    throw error.within(node.place());
  }
  return code;
}

bool read_modifications(const JsonNode& polymer, const ModificationKeys& keys, size_t length,
                        PrefixRule prefix, const ContentChecks& checks,
                        std::vector<Modification>& modifications) {
  if (!polymer.has("modifications")) return true;
  bool sound = true;
  const auto read_one = [&](const JsonNode& item) {
    sound &= item.allow_keys({keys.type, keys.position});
    Modification modification;
    sound &= item.attempt(
        [&] { modification.ccd_code = read_component_code(item.at(keys.type), prefix, checks); });
    const JsonNode position = item.at(keys.position);
    const int64_t place = position.integer();
    if (length > 0 && (place < 1 || place > static_cast<int64_t>(length))) {
      position.fail(fmt::format("position {} is outside the sequence of {} residues", place, length),
                    fmt::format("Give a position from 1 to {}.", length));
    }
    modification.position = static_cast<int>(place);
    modifications.push_back(std::move(modification));
  };
  sound &= polymer.attempt([&] {
    for (const JsonNode& item : polymer.at("modifications").items()) {
      sound &= item.attempt([&] { read_one(item); });
    }
  });
  return sound;
}

std::optional<std::string> optional_text(const JsonNode& object, const std::string& key) {
  const auto node = object.find(key);
  return node ? std::optional(node->string()) : std::nullopt;
}

}  // namespace pleat::input
