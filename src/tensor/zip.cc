#include "tensor/zip.h"

#include <fmt/format.h>
#include <zip.h>

#include <memory>

#include "base/error.h"

namespace pleat {
namespace {

// Limits the allocation for a damaged archive's claims: deflate never shrinks below 1/1032.
constexpr uint64_t kLargestDeflateRatio = 1032;
constexpr int kDeflateLevel = 6;                 // zlib's default
constexpr zip_uint16_t kTime = 0, kDate = 0x21;  // 1980-01-01 00:00:00

struct Discard {
  void operator()(zip_t* archive) const { zip_discard(archive); }
};
struct CloseFile {
  void operator()(zip_file_t* file) const { zip_fclose(file); }
};
using Archive = std::unique_ptr<zip_t, Discard>;
using OpenMember = std::unique_ptr<zip_file_t, CloseFile>;

[[noreturn]] void damaged(const std::string& where, std::string_view what) {
  throw Error(where, fmt::format("the zip archive is damaged or truncated ({})", what),
              "Write or copy the file again.");
}

Archive open_archive(std::string_view bytes) {
  if (!bytes.starts_with("PK")) throw Error("", "the file is not a zip archive");
  zip_error_t error;
  zip_error_init(&error);
  zip_source_t* source = zip_source_buffer_create(bytes.data(), bytes.size(), 0, &error);
  PLEAT_ASSERT(source);
  Archive archive(zip_open_from_source(source, ZIP_RDONLY, &error));
  const std::string reason = zip_error_strerror(&error);
  zip_error_fini(&error);
  if (!archive) {
    zip_source_free(source);
    damaged("", reason);
  }
  return archive;
}

// Throws when libzip has no decoder, or the member's numbers are impossible.
zip_stat_t checked_stat(zip_t* archive, zip_uint64_t index, const std::string& name, uint64_t archive_size) {
  constexpr zip_uint64_t kNeeded = ZIP_STAT_SIZE | ZIP_STAT_COMP_SIZE | ZIP_STAT_COMP_METHOD;
  zip_stat_t stat;
  if (zip_stat_index(archive, index, 0, &stat) != 0 || (stat.valid & kNeeded) != kNeeded)
    damaged(name, zip_strerror(archive));
  if (stat.encryption_method != ZIP_EM_NONE) throw Error(name, "the member is encrypted");
  if (stat.comp_method != ZIP_CM_STORE && stat.comp_method != ZIP_CM_DEFLATE)
    throw Error(name, fmt::format("the compression method {} is unknown", stat.comp_method),
                "Use numpy.savez or numpy.savez_compressed.");
  if (stat.comp_size > archive_size || stat.size > (stat.comp_size + 1) * kLargestDeflateRatio)
    damaged(name, "the member's size is impossible");
  return stat;
}

std::string read_member(zip_t* archive, zip_uint64_t index, const std::string& name, uint64_t archive_size) {
  const zip_stat_t stat = checked_stat(archive, index, name, archive_size);
  const OpenMember file(zip_fopen_index(archive, index, 0));
  if (!file) damaged(name, zip_strerror(archive));
  std::string out(stat.size, '\0');
  size_t filled = 0;
  // libzip compares the checksum in the read that finds the end, after the last byte.
  for (char beyond = 0;;) {
    const bool full = filled == out.size();
    const zip_int64_t count = full ? zip_fread(file.get(), &beyond, 1)
                                   : zip_fread(file.get(), out.data() + filled, out.size() - filled);
    if (count < 0) damaged(name, zip_file_strerror(file.get()));
    if (count > 0 && full) damaged(name, "the member is longer than its size");
    if (count == 0 && !full) damaged(name, "the member is shorter than its size");
    if (count == 0) return out;
    filled += static_cast<size_t>(count);
  }
}

void add(zip_t* archive, const ZipParts& member, bool compress) {
  std::vector<zip_buffer_fragment_t> fragments;
  for (std::string_view part : member.parts)
    fragments.push_back({reinterpret_cast<zip_uint8_t*>(const_cast<char*>(part.data())), part.size()});
  zip_source_t* source = zip_source_buffer_fragment(archive, fragments.data(), fragments.size(), 0);
  PLEAT_ASSERT(source);
  const zip_int64_t index = zip_file_add(archive, member.name.c_str(), source, ZIP_FL_ENC_UTF_8);
  PLEAT_ASSERT(index >= 0);
  const auto at = static_cast<zip_uint64_t>(index);
  PLEAT_ASSERT(zip_set_file_compression(archive, at, compress ? ZIP_CM_DEFLATE : ZIP_CM_STORE,
                                        compress ? kDeflateLevel : 0) == 0);
  PLEAT_ASSERT(zip_file_set_dostime(archive, at, kTime, kDate, 0) == 0);
}

}  // namespace

std::vector<ZipMember> read_zip(std::string_view bytes) {
  const Archive archive = open_archive(bytes);
  std::vector<ZipMember> members;
  const zip_int64_t count = zip_get_num_entries(archive.get(), 0);
  for (zip_uint64_t i = 0; i < static_cast<zip_uint64_t>(count); ++i) {
    const char* raw_name = zip_get_name(archive.get(), i, ZIP_FL_ENC_RAW);
    if (!raw_name) damaged("", zip_strerror(archive.get()));
    const std::string name = raw_name;
    members.push_back({name, read_member(archive.get(), i, name, bytes.size())});
  }
  return members;
}

void write_zip(const fs::path& path, std::span<const ZipParts> members, bool compress) {
  std::error_code error;
  if (path.has_parent_path()) fs::create_directories(path.parent_path(), error);
  if (error) throw Error(path.parent_path().string(), "the folder can't be made: " + error.message());
  const auto failed = [&](const std::string& reason) {
    return Error(path.string(), "the file can't be written: " + reason);
  };
  int code = 0;
  Archive archive(zip_open(path.c_str(), ZIP_CREATE | ZIP_TRUNCATE, &code));
  if (!archive) {
    zip_error_t reason;
    zip_error_init_with_code(&reason, code);
    throw failed(zip_error_strerror(&reason));
  }
  for (const ZipParts& member : members) add(archive.get(), member, compress);
  // Writes to a temporary file beside it, then renames.
  if (zip_close(archive.get()) != 0) throw failed(zip_strerror(archive.get()));
  (void)archive.release();
}

}  // namespace pleat
