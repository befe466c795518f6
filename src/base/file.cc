#include "base/file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zstd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <utility>
#include <vector>

#include "base/decoder.h"
#include "base/error.h"
#include "base/memory.h"

namespace pleat {
namespace {

std::string system_reason() { return std::strerror(errno); }

// The most bytes that are read into memory as one text: far more than any input has, little beside the machine's
// memory.
int64_t most_bytes() {
  constexpr int64_t kMost = int64_t{2} << 30, kLeast = int64_t{256} << 20;
  constexpr int64_t kPart = 8;
  static const int64_t most = std::clamp(usable_memory() / kPart, kLeast, kMost);
  return most;
}

[[noreturn]] void too_large(const std::string& place, const std::string& what) {
  throw Error(place, what + " more than the " + size_text(most_bytes()) + " that pleat reads",
              "Check that the file is what it should be.");
}

// A new file, never through a link: what was there under its name goes.
int create_new(const fs::path& path) {
  unlink(path.c_str());
  return open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666);
}

// Whether all was written and the disk has it.
bool write_all(int descriptor, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = write(descriptor, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    bytes.remove_prefix(static_cast<size_t>(written));
  }
  return true;
}

[[noreturn]] void damaged(const char* format) {
  throw Error("", std::string("the ") + format + " stream is damaged or truncated",
              "Compress or copy the file again.");
}

}  // namespace

std::string read_file(const fs::path& path) {
  std::error_code ignored;
  if (fs::is_directory(path, ignored)) throw Error(path.string(), "the path is a folder, not a file");
  errno = 0;
  std::ifstream file(path, std::ios::binary);
  if (!file) throw Error(path.string(), "the file can't be read: " + system_reason());
  const uintmax_t size = fs::file_size(path, ignored);  // of a pipe unknown
  if (!ignored && size > static_cast<uintmax_t>(most_bytes()))
    too_large(path.string(), "it has " + size_text(static_cast<int64_t>(size)) + ",");
  std::string bytes;
  std::vector<char> buffer(1 << 16);
  while (file.read(buffer.data(), static_cast<std::streamsize>(buffer.size())), file.gcount() > 0) {
    bytes.append(buffer.data(), static_cast<size_t>(file.gcount()));
    if (bytes.size() > static_cast<size_t>(most_bytes())) too_large(path.string(), "it has");
  }
  if (file.bad()) throw Error(path.string(), "the file can't be read: " + system_reason());
  return bytes;
}

std::string read_text_file(const fs::path& path) {
  std::string bytes = read_file(path);
  try {
    return decompress(std::move(bytes));
  } catch (const Error& error) {
    throw error.within(path.string());
  }
}

std::string decompress(std::string bytes) {
  const std::unique_ptr<Decoder> decoder = decoder_for(bytes);
  if (!decoder->format()) return bytes;
  const bool gzip = std::string_view(decoder->format()) == "gzip";
  std::string text;
  std::string_view in = bytes;
  char buffer[1 << 16];
  for (bool advanced = true; advanced;) {
    const bool padding =
        gzip && decoder->ended() && !in.starts_with('\x1f');  // zero bytes after the last member
    if (padding) break;
    char* out = buffer;
    size_t room = sizeof buffer;
    const size_t left = in.size();
    if (!decoder->decode(in, out, room, true)) damaged(decoder->format());
    text.append(buffer, out);
    if (text.size() > static_cast<size_t>(most_bytes())) too_large("", "uncompressed it has");
    advanced = out > buffer || in.size() < left;
  }
  if (!decoder->ended()) damaged(decoder->format());
  return text;
}

std::string zstd_compress(std::string_view bytes) {
  std::string out(ZSTD_compressBound(bytes.size()), '\0');
  const size_t size = ZSTD_compress(out.data(), out.size(), bytes.data(), bytes.size(), ZSTD_CLEVEL_DEFAULT);
  PLEAT_ASSERT(!ZSTD_isError(size));
  out.resize(size);
  return out;
}

void write_file(const fs::path& path, std::string_view bytes) {
  std::error_code error;
  if (path.has_parent_path()) fs::create_directories(path.parent_path(), error);
  if (error) throw Error(path.parent_path().string(), "the folder can't be made: " + error.message());
  const fs::path temporary = path.string() + ".part" + std::to_string(getpid());
  const int descriptor = create_new(temporary);
  const bool whole = descriptor >= 0 && write_all(descriptor, bytes);
  const bool closed = descriptor >= 0 && close(descriptor) == 0;
  if (!whole || !closed) {
    const std::string reason = system_reason();
    fs::remove(temporary, error);
    throw Error(path.string(), "the file can't be written: " + reason);
  }
  fs::rename(temporary, path, error);
  if (error) {
    std::error_code ignored;
    fs::remove(temporary, ignored);
    throw Error(path.string(), "the file can't be written: " + error.message());
  }
}

std::optional<fs::path> user_cache_folder() {
  const auto set = [](const char* name) {
    const char* value = std::getenv(name);
    return value && *value ? std::optional<fs::path>(value) : std::nullopt;
  };
  if (const auto cache = set("XDG_CACHE_HOME")) return *cache / "pleat";
  if (const auto home = set("HOME")) return *home / ".cache" / "pleat";
  return std::nullopt;
}

MappedFile::MappedFile(const fs::path& path) {
  const int descriptor = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  struct stat info {};
  if (descriptor < 0 || fstat(descriptor, &info) != 0) {
    const std::string reason = system_reason();
    if (descriptor >= 0) close(descriptor);
    throw Error(path.string(), "the file can't be read: " + reason);
  }
  if (S_ISDIR(info.st_mode)) {
    close(descriptor);
    throw Error(path.string(), "the path is a folder, not a file");
  }
  size_ = static_cast<size_t>(info.st_size);
  void* data = size_ ? mmap(nullptr, size_, PROT_READ, MAP_PRIVATE, descriptor, 0) : nullptr;
  const std::string reason = system_reason();
  close(descriptor);
  if (data == MAP_FAILED) throw Error(path.string(), "the file can't be mapped: " + reason);
  data_ = static_cast<const char*>(data);
}

MappedFile::~MappedFile() {
  if (data_) munmap(const_cast<char*>(data_), size_);
}

MappedFile::MappedFile(MappedFile&& other) noexcept
    : data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)) {}

MappedFile& MappedFile::operator=(MappedFile&& other) noexcept {
  std::swap(data_, other.data_);
  std::swap(size_, other.size_);
  return *this;
}

}  // namespace pleat
