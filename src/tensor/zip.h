// The zip container of .npz files, through libzip: members stored or deflated, zip64 if needed.
#pragma once

#include <array>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/file.h"

namespace pleat {

struct ZipMember {
  std::string name;
  std::string bytes;  // uncompressed
};

// Members in the order of the central directory. Throws Error with the member's name as place (or none): not
// a zip archive, truncated, unknown compression method, encrypted, bad checksum.
std::vector<ZipMember> read_zip(std::string_view archive);

// A member to write: its bytes in two parts, which are not copied.
struct ZipParts {
  std::string name;
  std::array<std::string_view, 2> parts;
};

// Writes an archive whole or not at all, without a copy of it in memory. Creates missing parent folders. Names are
// unique. Deflates at zlib's default level when `compress`. Time stamps are 1980-01-01, so equal members give
// equal bytes. Throws Error naming the file.
void write_zip(const fs::path& path, std::span<const ZipParts> members, bool compress);

}  // namespace pleat
