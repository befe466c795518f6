// Conformer searches that failed. They can take minutes, and fail again with the next seed and in the next job.
#pragma once

#include <optional>
#include <set>
#include <string>

#include "base/file.h"

namespace pleat::featurise {

// Searches by the text of all that decides about them: molecule, settings, version of the library. With a folder they are
// kept there for later runs, one small file each.
class FailedConformers {
 public:
  explicit FailedConformers(std::optional<fs::path> folder) : folder_(std::move(folder)) {}

  bool contains(const std::string& search) const;
  // `what` names the search for people who read the file. Not being able to write it is no error.
  void add(const std::string& search, const std::string& what);
  // For this object's life alone.
  void add_for_now(const std::string& search) { known_.insert(search); }

 private:
  std::optional<fs::path> folder_;
  std::set<std::string> known_;
};

}  // namespace pleat::featurise
