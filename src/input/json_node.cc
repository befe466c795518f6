#include "input/json_node.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "base/error.h"
#include "base/nearest.h"
#include "base/printable.h"

namespace pleat::input {
namespace {

using nlohmann::json;

constexpr size_t kLongestQuote = 40;  // of a value or key, in messages

// Parses a document up to its first fault, and keeps the fault and its position.
class FaultFinder : public nlohmann::json_sax<json> {
 public:
  size_t position = 0;  // bytes read up to the fault
  std::string fault;

  bool null() override { return true; }
  bool boolean(bool) override { return true; }
  bool number_integer(number_integer_t) override { return true; }
  bool number_unsigned(number_unsigned_t) override { return true; }
  bool number_float(number_float_t, const string_t&) override { return true; }
  bool string(string_t&) override { return true; }
  bool binary(binary_t&) override { return true; }
  bool key(string_t&) override { return true; }
  bool start_object(size_t) override { return true; }
  bool start_array(size_t) override { return true; }
  bool end_object() override { return true; }
  bool end_array() override { return true; }

  bool parse_error(size_t at, const std::string&, const json::exception& error) override {
    position = at;
    fault = error.what();
    return false;
  }
};

// "[json.exception.parse_error.101] parse error at line 1, column 2: syntax error while ...; last read:
// '...'" without all before "syntax error" (or up to the bracket), and without a "last read" too long to
// help.
std::string plain_fault(std::string text) {
  const size_t syntax = text.find("syntax error");
  text.erase(0, syntax != std::string::npos ? syntax : text.find("] ") + 2);
  constexpr size_t kLongest = 200;
  if (text.size() > kLongest) text.erase(std::min(text.find("; last read"), kLongest));
  return text;
}

// Line and column of byte number `position` (1-based).
std::string line_and_column(std::string_view text, size_t position) {
  const std::string_view before = text.substr(0, std::min(std::max<size_t>(position, 1) - 1, text.size()));
  const auto lines = std::count(before.begin(), before.end(), '\n');
  const size_t line_start = before.rfind('\n') + 1;  // 0 on the first line
  return fmt::format("line {}, column {}", lines + 1, before.size() - line_start + 1);
}

// Faults that show without a parser; empty when there are none.
std::string evident_fault(std::string_view text) {
  if (text.find_first_not_of(" \t\r\n") == text.npos) return "the file is empty";
  if (text.starts_with('>')) return "the file is FASTA, which --fasta_path reads";
  if (text.starts_with("\xff\xfe") || text.starts_with("\xfe\xff")) return "the file is UTF-16, not UTF-8";
  return "";
}

}  // namespace

json parse_json(std::string_view text, const std::string& file) {
  try {
    return json::parse(text);
  } catch (const json::exception&) {
    FaultFinder finder;
    json::sax_parse(text, &finder);
    const std::string evident = evident_fault(text);
    throw Error(file + ": " + line_and_column(text, finder.position),
                evident.empty() ? plain_fault(finder.fault) : evident, "Give a file of valid JSON.");
  }
}

std::string describe(const json& value) {
  if (value.is_null()) return "null";
  if (value.is_array()) return fmt::format("a list of {}", value.size());
  if (value.is_object()) return "an object";
  std::string text = value.dump();
  if (text.size() > kLongestQuote) text = shortened(text, kLongestQuote) + '"';
  return value.is_number() ? "the number " + text : text;
}

void JsonNode::fail(const std::string& wrong, const std::string& fix) const {
  throw Error(place_, wrong, fix);
}

void JsonNode::report(const std::string& wrong, const std::string& fix) const {
  found_->problems.emplace_back(place_, wrong, fix);
}

void JsonNode::warn(const std::string& wrong, const std::string& fix) const {
  found_->warnings.emplace_back(place_, wrong, fix);
}

bool JsonNode::allow_keys(const std::vector<std::string>& known) const {
  if (!value_->is_object()) fail("found " + describe(*value_) + " where an object is needed");
  bool all_known = true;
  for (const auto& [key, ignored] : value_->items()) {
    if (std::find(known.begin(), known.end(), key) != known.end()) continue;
    all_known = false;
    const std::string fix = did_you_mean(key, known);
    report("unknown key '" + shortened(key, kLongestQuote) + "'",
           fix.empty() ? fmt::format("Known keys are {}.", fmt::join(known, ", ")) : fix);
  }
  return all_known;
}

bool JsonNode::has(const std::string& key) const { return value_->contains(key); }

JsonNode JsonNode::at(const std::string& key) const {
  const auto found = value_->find(key);
  if (found == value_->end()) fail("the key '" + key + "' is missing");
  return JsonNode(*found, place_.key(key), *found_);
}

std::optional<JsonNode> JsonNode::find(const std::string& key) const {
  const auto found = value_->find(key);
  if (found == value_->end() || found->is_null()) return std::nullopt;
  return JsonNode(*found, place_.key(key), *found_);
}

std::vector<JsonNode> JsonNode::items() const {
  if (!value_->is_array()) fail("found " + describe(*value_) + " where a list is needed");
  std::vector<JsonNode> nodes;
  nodes.reserve(value_->size());
  for (const json& item : *value_) {
    nodes.emplace_back(item, place_.item(nodes.size()), *found_);
  }
  return nodes;
}

const std::string& JsonNode::string() const {
  if (!value_->is_string()) fail("found " + describe(*value_) + " where a string is needed");
  return value_->get_ref<const std::string&>();
}

int64_t JsonNode::integer() const {
  const bool too_big = value_->is_number_unsigned() && value_->get<uint64_t>() > INT64_MAX;
  if (!value_->is_number_integer() || too_big) {
    fail("found " + describe(*value_) + " where an integer is needed");
  }
  return value_->get<int64_t>();
}

void JsonNode::require_at_most(size_t most) const {
  if (value_->is_array() && value_->size() > most)
    fail(fmt::format("found a list of {} items", value_->size()), fmt::format("Give at most {}.", most));
}

}  // namespace pleat::input
