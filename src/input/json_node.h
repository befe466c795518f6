// A JSON value that knows its place in the document, so that every complaint can say where it is.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace pleat::input {

// The document in `text`. Throws Error placed at "FILE: line L, column C" (1-based) when it is no JSON: bad
// syntax, bad UTF-8, or a number beyond double's range. Of repeated keys the last one counts.
nlohmann::json parse_json(std::string_view text, const std::string& file);

class JsonNode {
 public:
  // The value and the findings have to outlive the node.
  JsonNode(const nlohmann::json& value, Place place, Findings& found)
      : value_(&value), place_(std::move(place)), found_(&found) {}

  const nlohmann::json& value() const { return *value_; }
  const Place& place() const { return place_; }

  // A problem of this value: fail ends the reading of what holds it, report notes the problem and goes on.
  [[noreturn]] void fail(const std::string& wrong, const std::string& fix = "") const;
  void report(const std::string& wrong, const std::string& fix = "") const;
  void warn(const std::string& wrong, const std::string& fix = "") const;
  // Calls read(); an Error becomes a problem of the document. Returns whether there was none.
  template <class Read>
  bool attempt(Read&& read) const {
    try {
      read();
      return true;
    } catch (const Error& error) {
      found_->problems.push_back(error);
      return false;
    }
  }
  // The same for check() of a value that this node holds, whose errors have no place of their own yet.
  template <class Check>
  bool attempt_here(Check&& check) const {
    try {
      check();
      return true;
    } catch (const Error& error) {
      found_->problems.push_back(error.within(place_));
      return false;
    }
  }

  // Fails where this list has more than `most` items, before they are made into nodes.
  void require_at_most(size_t most) const;

  // Takes over what was found in this value.
  void add(const Findings& found) const { found_->add(found, place_); }

  // Objects. Throws Error unless this is an object. Reports each key that is not known, with the known key
  // nearest to it; returns whether all are known.
  bool allow_keys(const std::vector<std::string>& known) const;
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
  Place place_;
  Findings* found_;
};

// What a value is, for messages: `null`, `a list of 3`, `the number 5`, `"text"` (cut after 40 bytes).
std::string describe(const nlohmann::json& value);

}  // namespace pleat::input
