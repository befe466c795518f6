// The zip container of .npz files: whole archives in memory, members stored or deflated, zip64 where needed.
// PKWARE's APPNOTE 6.3.10, sections 4.3 to 4.5.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace pleat {

struct ZipMember {
  std::string name;
  std::string bytes;  // uncompressed
};

// Members in the order of the central directory. Throws Error with the member's name as place (or none): not
// a zip archive, cut short, a compression method other than stored and deflate, encrypted, bad checksum.
std::vector<ZipMember> read_zip(std::string_view archive);

// Builds an archive member by member. Time stamps are 1980-01-01, so equal members give equal bytes.
class ZipWriter {
 public:
  // Names up to 65535 bytes. Deflates at zlib's default level when `compress`.
  void add(std::string_view name, std::string_view bytes, bool compress);
  // Appends the central directory; the writer is spent afterwards.
  std::string finish();

 private:
  std::string out_, directory_;
  size_t count_ = 0;
};

}  // namespace pleat
