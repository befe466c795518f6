// Files: whole reads (also of compressed files), mapped reads, and writes that never leave half a file.
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

// The text of a file, decompressed if its first bytes are those of gzip, xz or zstd. Throws Error naming the
// file when it is unreadable, or its compressed stream is damaged or truncated.
std::string read_text_file(const fs::path& path);

// Decompresses `bytes` that start with the magic of gzip, xz or zstd (all concatenated members and frames);
// returns others unchanged. Throws Error with an empty place.
std::string decompress(std::string bytes);

// One zstd frame at zstd's default level.
std::string zstd_compress(std::string_view bytes);

// Writes a whole file: writes to a temporary name in the same folder, then renames, so that readers see the
// old file or the new one. Creates missing parent folders. Throws Error naming the file; the temporary file
// is removed.
void write_file(const fs::path& path, std::string_view bytes);

// The folder for data that pleat can make again: $XDG_CACHE_HOME/pleat, else ~/.cache/pleat; nullopt when
// neither variable is set.
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
