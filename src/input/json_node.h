// A JSON value with its place in the document, which every problem reports.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace pleat::input {

// The document in `text`. Throws Error placed at "FILE: line L, column C" (1-based) for bad syntax, bad
// UTF-8, or a number out of double's range. The last of repeated keys counts.
nlohmann::json parse_json(std::string_view text, const std::string& file);

class JsonNode {
 public:
  // The value and the findings must outlive the node.
  JsonNode(const nlohmann::json& value, Place place, Findings& found)
      : value_(&value), place_(std::move(place)), found_(&found) {}

  const nlohmann::json& value() const { return *value_; }
  const Place& place() const { return place_; }

  // Problems of this value: fail throws, and so ends the reading of the enclosing value; report and warn note
  // the problem.
  [[noreturn]] void fail(const std::string& wrong, const std::string& fix = "") const;
  void report(const std::string& wrong, const std::string& fix = "") const;
  void warn(const std::string& wrong, const std::string& fix = "") const;
  // Calls read() and turns an Error into a problem of the document. Returns whether there was none.
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
  // The same for errors without a place: they get this node's.
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

  // Adds the findings about this value to the document's.
  void add(const Findings& found) const { found_->add(found, place_); }

  // Objects. Reports each unknown key, with the known key nearest to it; returns whether all are known.
  // Throws Error when this is not an object.
  bool allow_keys(const std::vector<std::string>& known) const;
  bool has(const std::string& key) const;  // true for a null value too
  // The value of a required key, null included. Throws Error when the key is absent.
  JsonNode at(const std::string& key) const;
  // The value of a key; nullopt when the key is absent or its value null.
  std::optional<JsonNode> find(const std::string& key) const;

  // The elements of a list; the string; the integer. Each throws Error for a value of another type.
  std::vector<JsonNode> items() const;
  const std::string& string() const;
  int64_t integer() const;

 private:
  const nlohmann::json* value_;
  Place place_;
  Findings* found_;
};

// A value in words, for messages: `null`, `a list of 3`, `the number 5`, `"text"` (cut after 40 bytes).
std::string describe(const nlohmann::json& value);

}  // namespace pleat::input
