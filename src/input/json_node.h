// A JSON value that knows its place in the document, so that every complaint can say where it is.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace pleat {

// The document in `text`. Throws Error placed at "FILE: line L, column C" (1-based) when it is no JSON: bad
// syntax, bad UTF-8, or a number beyond double's range. Of repeated keys the last one counts.
nlohmann::json parse_json(std::string_view text, const std::string& file);

class JsonNode {
 public:
  // `place` is "FILE: $" at the root. The value has to outlive the node.
  JsonNode(const nlohmann::json& value, std::string place) : value_(&value), place_(std::move(place)) {}

  const nlohmann::json& value() const { return *value_; }
  const std::string& place() const { return place_; }
  [[noreturn]] void fail(const std::string& wrong, const std::string& fix = "") const;

  // Objects. Throws Error unless this is an object whose keys are all known; the error lists the unknown
  // ones, sorted, and names the known key nearest to the first of them.
  void allow_keys(const std::vector<std::string>& known) const;
  bool has(const std::string& key) const;  // also when its value is null
  // The value of a key that has to be there (it may be null).
  JsonNode at(const std::string& key) const;
  // The value of a key, nullopt where it is absent or null.
  std::optional<JsonNode> find(const std::string& key) const;

  // The elements of a list; the string; the integer. Each throws Error when this is something else.
  std::vector<JsonNode> items() const;
  const std::string& string() const;
  int64_t integer() const;

 private:
  const nlohmann::json* value_;
  std::string place_;
};

// What a value is, for messages: `null`, `a list of 3`, `the number 5`, `"text"` (cut after 40 bytes).
std::string describe(const nlohmann::json& value);

}  // namespace pleat
