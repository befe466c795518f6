// A folder for the files of one run of a program.
#pragma once

#include <string>

#include "base/file.h"

namespace pleat::search {

// A new folder in the system's folder of temporary files (TMPDIR), removed with all it holds when the object
// goes. Throws Error where it can't be made. While the object lives it holds a lock on a file in the folder,
// which ends with the process however that ends; so a folder without a lock is known to be abandoned.
class TemporaryFolder {
 public:
  TemporaryFolder();
  ~TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  fs::path operator/(const std::string& name) const { return path_ / name; }
  const fs::path& path() const { return path_; }

 private:
  bool make();

  fs::path path_;
  int lock_ = -1;  // descriptor of the locked file
};

// Removes the folders that processes which were killed have left there. Any number of processes may do so,
// and make folders, at a time.
void remove_abandoned_folders();

}  // namespace pleat::search
