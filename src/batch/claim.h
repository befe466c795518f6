// Who works on a job, where several processes share an output folder.
#pragma once

#include <memory>
#include <string>

#include "base/file.h"

namespace pleat::batch {

// A lock on OUTPUT_DIR/.pleat/NAME.lock. It ends with the process, however that ends, so the jobs of a machine
// that is lost are free again. (Network file systems free it when the machine's lease ends.)
class Claim {
 public:
  // nullptr where another process has the job. Throws Error where the lock can't be made.
  static std::unique_ptr<Claim> take(const fs::path& output_dir, const std::string& name);
  // Removes the file, and the folder with the last one.
  ~Claim();
  Claim(const Claim&) = delete;
  Claim& operator=(const Claim&) = delete;

  // Removes the file of a process that was killed. Throws as take() does.
  static void remove_leftover(const fs::path& output_dir, const std::string& name);

  // Whether some process has the job. Only asks: it keeps nobody from taking it.
  static bool is_taken(const fs::path& output_dir, const std::string& name);

 private:
  Claim(fs::path file, int descriptor) : file_(std::move(file)), descriptor_(descriptor) {}

  fs::path file_;
  int descriptor_;
};

}  // namespace pleat::batch
