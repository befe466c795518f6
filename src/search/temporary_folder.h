// A folder for the files of one run of a program.
#pragma once

#include <string>

#include "base/file.h"

namespace pleat::search {

// A new folder in the system's temporary folder (TMPDIR); the destructor removes it with its contents. Throws
// Error when pleat cannot make it. The object locks a file in the folder. The lock ends with the process,
// however that ends, so a folder without a lock is abandoned.
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

// Removes the folders that killed processes have left. Safe beside other processes that do the same or make
// folders.
void remove_abandoned_folders();

}  // namespace pleat::search
