// Files: whole reads (also of compressed ones), mapped reads, and writes that never leave half a file behind.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace pleat {

namespace fs = std::filesystem;

// The bytes of a file. Throws Error naming the file and the system's reason.
std::string read_file(const fs::path& path);

// The text of a file that may be compressed: gzip, xz and zstd are recognised by their first bytes, anything
// else is returned as it is. Throws Error naming the file when it can't be read or its compressed stream is
// damaged or cut.
std::string read_text_file(const fs::path& path);

// Decompresses `bytes` when they start with the magic of gzip, xz or zstd (concatenated members and frames
// included), else returns them unchanged. Throws Error with an empty place.
std::string decompress(std::string bytes);

// One zstd frame at zstd's default level.
std::string zstd_compress(std::string_view bytes);

// Writes a whole file: to a temporary name beside it, then renames, so that readers see the old file or the
// new one. Creates missing parent folders. Throws Error naming the file; the temporary file is removed.
void write_file(const fs::path& path, std::string_view bytes);

// Where pleat keeps what it can make again: $XDG_CACHE_HOME/pleat, else ~/.cache/pleat; nullopt where neither
// variable is set.
std::optional<fs::path> user_cache_folder();

// A read-only view of a file's bytes for as long as the object lives. Throws Error as read_file does.
class MappedFile {
 public:
  explicit MappedFile(const fs::path& path);
  ~MappedFile();
  MappedFile(MappedFile&& other) noexcept;
  MappedFile& operator=(MappedFile&& other) noexcept;

  std::string_view bytes() const { return {data_, size_}; }

 private:
  const char* data_ = nullptr;
  size_t size_ = 0;
};

}  // namespace pleat
