#include "batch/disk.h"

#include <fmt/format.h>

#include "base/error.h"
#include "base/memory.h"

namespace pleat::batch {

int64_t free_disk(const fs::path& folder) {
  std::error_code error;
  fs::path there = fs::absolute(folder);
  while (!fs::exists(there, error) && there.has_relative_path()) there = there.parent_path();
  const fs::space_info space = fs::space(there, error);
  if (error) throw Error(folder.string(), "the free space of its disk can't be read: " + error.message());
  return static_cast<int64_t>(space.available);
}

void require_disk(const fs::path& folder, int64_t needed) {
  const int64_t free = free_disk(folder);
  if (needed <= free) return;
  throw Error(folder.string(),
              fmt::format("the results will take some {}, and the disk has {} free", size_text(needed),
                          size_text(free)),
              "Make room, choose another --output_dir, or write less (--compress_large_output_files).");
}

}  // namespace pleat::batch
