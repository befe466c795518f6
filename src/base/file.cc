#include "base/file.h"

#include <fcntl.h>
#include <lzma.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <utility>

#include "base/error.h"

namespace pleat {
namespace {

std::string system_reason() { return std::strerror(errno); }

[[noreturn]] void damaged(const char* format) {
  throw Error("", std::string("its ") + format + " stream is damaged or cut short",
              "Compress or copy it anew.");
}

std::string inflate_gzip(std::string_view in) {
  z_stream z{};
  if (inflateInit2(&z, 15 + 16) != Z_OK) damaged("gzip");
  std::string out;
  char buffer[1 << 16];
  z.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(in.data()));
  size_t left = in.size();
  int status = Z_OK;
  while (true) {
    if (z.avail_in == 0) {
      const size_t take = std::min<size_t>(left, 1u << 30);
      z.avail_in = static_cast<uInt>(take);
      left -= take;
    }
    z.next_out = reinterpret_cast<Bytef*>(buffer);
    z.avail_out = sizeof buffer;
    status = inflate(&z, Z_NO_FLUSH);
    out.append(buffer, sizeof buffer - z.avail_out);
    if (status == Z_STREAM_END) {
      if (z.avail_in == 0 && left == 0) break;
      if (*z.next_in != 0x1f) break;  // padding after the last member
      inflateReset(&z);
    } else if (status != Z_OK) {
      inflateEnd(&z);
      damaged("gzip");
    }
  }
  inflateEnd(&z);
  return out;
}

std::string decode_xz(std::string_view in) {
  lzma_stream z = LZMA_STREAM_INIT;
  if (lzma_stream_decoder(&z, UINT64_MAX, LZMA_CONCATENATED) != LZMA_OK) damaged("xz");
  std::string out;
  char buffer[1 << 16];
  z.next_in = reinterpret_cast<const uint8_t*>(in.data());
  z.avail_in = in.size();
  lzma_ret status = LZMA_OK;
  while (status == LZMA_OK) {
    z.next_out = reinterpret_cast<uint8_t*>(buffer);
    z.avail_out = sizeof buffer;
    status = lzma_code(&z, LZMA_FINISH);
    out.append(buffer, sizeof buffer - z.avail_out);
  }
  lzma_end(&z);
  if (status != LZMA_STREAM_END) damaged("xz");
  return out;
}

std::string decode_zstd(std::string_view in) {
  ZSTD_DCtx* context = ZSTD_createDCtx();
  std::string out;
  std::string buffer(ZSTD_DStreamOutSize(), '\0');
  ZSTD_inBuffer input{in.data(), in.size(), 0};
  size_t status = 0;
  do {
    ZSTD_outBuffer output{buffer.data(), buffer.size(), 0};
    status = ZSTD_decompressStream(context, &output, &input);
    if (ZSTD_isError(status)) break;
    out.append(buffer.data(), output.pos);
    if (input.pos == input.size && output.pos < output.size) break;
  } while (true);
  ZSTD_freeDCtx(context);
  if (status != 0) damaged("zstd");
  return out;
}

bool starts_with(std::string_view bytes, std::string_view magic) {
  return bytes.substr(0, magic.size()) == magic;
}

}  // namespace

std::string read_file(const fs::path& path) {
  std::error_code ignored;
  if (fs::is_directory(path, ignored)) throw Error(path.string(), "it is a folder, not a file");
  errno = 0;
  std::ifstream file(path, std::ios::binary);
  if (!file) throw Error(path.string(), "it can't be read: " + system_reason());
  std::string bytes((std::istreambuf_iterator<char>(file)), {});
  if (file.bad()) throw Error(path.string(), "it can't be read: " + system_reason());
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
  using namespace std::string_view_literals;
  if (starts_with(bytes, "\x1f\x8b"sv)) return inflate_gzip(bytes);
  if (starts_with(bytes, "\xfd\x37\x7a\x58\x5a\x00"sv)) return decode_xz(bytes);
  if (starts_with(bytes, "\x28\xb5\x2f\xfd"sv)) return decode_zstd(bytes);
  return bytes;
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
  errno = 0;
  std::ofstream file(temporary, std::ios::binary);
  file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  file.close();
  if (!file) {
    const std::string reason = system_reason();
    fs::remove(temporary, error);
    throw Error(path.string(), "it can't be written: " + reason);
  }
  fs::rename(temporary, path, error);
  if (error) {
    std::error_code ignored;
    fs::remove(temporary, ignored);
    throw Error(path.string(), "it can't be written: " + error.message());
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
    throw Error(path.string(), "it can't be read: " + reason);
  }
  if (S_ISDIR(info.st_mode)) {
    close(descriptor);
    throw Error(path.string(), "it is a folder, not a file");
  }
  size_ = static_cast<size_t>(info.st_size);
  void* data = size_ ? mmap(nullptr, size_, PROT_READ, MAP_PRIVATE, descriptor, 0) : nullptr;
  const std::string reason = system_reason();
  close(descriptor);
  if (data == MAP_FAILED) throw Error(path.string(), "it can't be mapped: " + reason);
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
