// Places in files, for messages.
#pragma once

#include <string>
#include <string_view>

namespace pleat {

// A file, a part of one in words, or a value in the JSON of a file.
class Place {
 public:
  Place() = default;  // nowhere
  // "job.fasta", "job.fasta: record 2 (ubiquitin)".
  explicit Place(std::string words) : outer_(std::move(words)) {}
  // The root of a file's JSON: "job.json: $".
  static Place json(std::string file);

  // A value of an object or a list: "job.json: $.sequences", "job.json: $.sequences[0]". Of a place without
  // JSON, the place itself.
  Place key(std::string_view key) const;
  Place item(size_t index) const;

  // The path in the JSON: "$.sequences[0]"; empty without JSON.
  const std::string& path() const { return path_; }
  std::string text() const { return path_.empty() ? outer_ : outer_ + ": " + path_; }

  // The text of place `inner` within this place: "job.json: $: chain A". An `inner` that starts with "$." is
  // a path in this JSON: "$.seeds" gives "job.json: $.seeds".
  std::string around(const std::string& inner) const;
  // Whether `where` is the text of this place or of one within it.
  bool holds(std::string_view where) const;

  bool operator==(const Place&) const = default;

 private:
  std::string outer_, path_;
};

}  // namespace pleat
