// A folder for the files of one run of a program.
#pragma once

#include <string>

#include "base/file.h"

namespace pleat {

// A new folder in the system's folder of temporary files (TMPDIR), removed with all it holds when the object
// goes. Throws Error where it can't be made.
class TemporaryFolder {
 public:
  TemporaryFolder();
  ~TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  fs::path operator/(const std::string& name) const { return path_ / name; }
  const fs::path& path() const { return path_; }

 private:
  fs::path path_;
};

}  // namespace pleat
