// Whether results fit on the disk.
#pragma once

#include <cstdint>

#include "base/file.h"

namespace pleat::batch {

// Bytes that the file system of a folder, or of the nearest one above it that exists, has free for this user.
// Throws Error where that can't be found out.
int64_t free_disk(const fs::path& folder);

// Throws Error with the numbers where `needed` bytes don't fit.
void require_disk(const fs::path& folder, int64_t needed);

}  // namespace pleat::batch
