#include "tensor/zip.h"

#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>
#include <cstdint>
#include <cstring>

#include "base/error.h"

namespace pleat {
namespace {

constexpr uint32_t kLocalHeader = 0x04034b50, kDirectoryEntry = 0x02014b50, kDirectoryEnd = 0x06054b50;
constexpr uint32_t kZip64DirectoryEnd = 0x06064b50, kZip64Locator = 0x07064b50;
constexpr size_t kLocalHeaderSize = 30, kDirectoryEntrySize = 46, kDirectoryEndSize = 22;
constexpr size_t kZip64DirectoryEndSize = 56, kZip64LocatorSize = 20;
constexpr uint16_t kZip64Extra = 1, kStored = 0, kDeflated = 8, kEncrypted = 1;
constexpr uint32_t kIn64Bits = 0xffffffff;  // "look in the zip64 field"

// Damaged archives must not make us allocate what they claim: deflate never shrinks below 1/1032.
constexpr uint64_t kLargestDeflateRatio = 1032;

[[noreturn]] void damaged(std::string_view where, const std::string& what) {
  throw Error(std::string(where), "the zip archive is damaged or cut short (" + what + ")",
              "Write or copy it anew.");
}

// Little-endian numbers of an archive, every access checked against its end.
class Bytes {
 public:
  explicit Bytes(std::string_view all) : all_(all) {}

  size_t size() const { return all_.size(); }
  std::string_view part(uint64_t at, uint64_t length, std::string_view where) const {
    if (at > all_.size() || length > all_.size() - at)
      damaged(where, fmt::format("{} bytes at byte {} of {}", length, at, all_.size()));
    return all_.substr(at, length);
  }
  uint64_t number(uint64_t at, int width, std::string_view where = "") const {
    uint64_t value = 0;
    std::memcpy(&value, part(at, static_cast<uint64_t>(width), where).data(), static_cast<size_t>(width));
    return value;
  }

 private:
  std::string_view all_;
};

struct Entry {
  std::string name;
  uint64_t flags = 0, method = 0, crc = 0, packed_size = 0, size = 0, header_at = 0;
  uint64_t entry_size = 0;  // of the directory entry itself
};

struct Directory {
  uint64_t count = 0, at = 0;
};

// The end record is searched backwards, as a comment of up to 65535 bytes may follow it.
uint64_t find_directory_end(const Bytes& in) {
  if (in.size() < kDirectoryEndSize) throw Error("", "it is no zip archive");
  const uint64_t last = in.size() - kDirectoryEndSize;
  for (uint64_t back = 0; back <= std::min<uint64_t>(last, 0xffff); ++back)
    if (in.number(last - back, 4) == kDirectoryEnd) return last - back;
  if (in.number(0, 4) == kLocalHeader) damaged("", "its directory is missing");
  throw Error("", "it is no zip archive");
}

Directory find_directory(const Bytes& in) {
  const uint64_t end = find_directory_end(in);
  Directory directory{in.number(end + 10, 2), in.number(end + 16, 4)};
  if (directory.count != 0xffff && directory.at != kIn64Bits) return directory;
  if (end < kZip64LocatorSize || in.number(end - kZip64LocatorSize, 4) != kZip64Locator) return directory;
  const uint64_t end64 = in.number(end - kZip64LocatorSize + 8, 8);
  if (in.number(end64, 4) != kZip64DirectoryEnd) damaged("", "its zip64 directory is missing");
  return {in.number(end64 + 32, 8), in.number(end64 + 48, 8)};
}

// The zip64 field holds, in this order, those of the three that are all ones in the entry.
void widen_from_extra(Entry& entry, const Bytes& extra) {
  for (uint64_t at = 0; at + 4 <= extra.size();) {
    const uint64_t id = extra.number(at, 2, entry.name), length = extra.number(at + 2, 2, entry.name);
    at += 4;
    if (id == kZip64Extra) {
      for (uint64_t* value : {&entry.size, &entry.packed_size, &entry.header_at}) {
        if (*value != kIn64Bits) continue;
        *value = extra.number(at, 8, entry.name);
        at += 8;
      }
      return;
    }
    at += length;
  }
}

Entry read_entry(const Bytes& in, uint64_t at) {
  if (in.number(at, 4) != kDirectoryEntry) damaged("", fmt::format("no directory entry at byte {}", at));
  const uint64_t name_length = in.number(at + 28, 2), extra_length = in.number(at + 30, 2),
                 comment_length = in.number(at + 32, 2);
  Entry entry;
  entry.name = in.part(at + kDirectoryEntrySize, name_length, "");
  entry.flags = in.number(at + 8, 2);
  entry.method = in.number(at + 10, 2);
  entry.crc = in.number(at + 16, 4);
  entry.packed_size = in.number(at + 20, 4);
  entry.size = in.number(at + 24, 4);
  entry.header_at = in.number(at + 42, 4);
  entry.entry_size = kDirectoryEntrySize + name_length + extra_length + comment_length;
  widen_from_extra(entry, Bytes(in.part(at + kDirectoryEntrySize + name_length, extra_length, entry.name)));
  return entry;
}

std::string inflate_raw(std::string_view packed, uint64_t size, const std::string& name) {
  if (size > (packed.size() + 1) * kLargestDeflateRatio) damaged(name, "its size is impossible");
  std::string out(size, '\0');
  z_stream z{};
  PLEAT_ASSERT(inflateInit2(&z, -15) == Z_OK);
  constexpr size_t kStep = size_t{1} << 30;  // zlib counts in 32 bits
  size_t taken = 0, given = 0;
  int status = Z_OK;
  while (status == Z_OK) {
    const size_t in_step = std::min(kStep, packed.size() - taken), out_step = std::min(kStep, size - given);
    z.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(packed.data() + taken));
    z.avail_in = static_cast<uInt>(in_step);
    z.next_out = reinterpret_cast<Bytef*>(out.data() + given);
    z.avail_out = static_cast<uInt>(out_step);
    status = inflate(&z, Z_NO_FLUSH);
    taken += in_step - z.avail_in;
    given += out_step - z.avail_out;
  }
  inflateEnd(&z);
  if (status != Z_STREAM_END || given != size) damaged(name, "its compressed data don't unpack");
  return out;
}

std::string unpack(const Bytes& in, const Entry& entry) {
  if (entry.flags & kEncrypted) throw Error(entry.name, "it is encrypted");
  if (in.number(entry.header_at, 4, entry.name) != kLocalHeader)
    damaged(entry.name, "no header where it should be");
  const uint64_t data_at = entry.header_at + kLocalHeaderSize +
                           in.number(entry.header_at + 26, 2, entry.name) +
                           in.number(entry.header_at + 28, 2, entry.name);
  const std::string_view packed = in.part(data_at, entry.packed_size, entry.name);
  std::string out;
  if (entry.method == kStored)
    out = packed;
  else if (entry.method == kDeflated)
    out = inflate_raw(packed, entry.size, entry.name);
  else
    throw Error(entry.name, fmt::format("its compression method {} is unknown", entry.method),
                "Use numpy.savez or numpy.savez_compressed.");
  const uint64_t crc = crc32_z(0, reinterpret_cast<const Bytef*>(out.data()), out.size());
  if (out.size() != entry.size || crc != entry.crc) damaged(entry.name, "its checksum differs");
  return out;
}

std::string deflate_raw(std::string_view bytes) {
  z_stream z{};
  PLEAT_ASSERT(deflateInit2(&z, Z_DEFAULT_COMPRESSION, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY) == Z_OK);
  std::string out, buffer(1 << 18, '\0');
  size_t taken = 0;
  int status = Z_OK;
  while (status != Z_STREAM_END) {
    const size_t step = std::min(size_t{1} << 30, bytes.size() - taken);
    z.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data() + taken));
    z.avail_in = static_cast<uInt>(step);
    z.next_out = reinterpret_cast<Bytef*>(buffer.data());
    z.avail_out = static_cast<uInt>(buffer.size());
    status = deflate(&z, taken + step == bytes.size() ? Z_FINISH : Z_NO_FLUSH);
    PLEAT_ASSERT(status == Z_OK || status == Z_STREAM_END);
    taken += step - z.avail_in;
    out.append(buffer, 0, buffer.size() - z.avail_out);
  }
  deflateEnd(&z);
  return out;
}

void put(std::string& out, uint64_t value, int width) {
  for (int i = 0; i < width; ++i) out += static_cast<char>(i < 8 ? value >> (8 * i) : 0);
}

// The zip64 field with `values`, or nothing where there are none.
std::string zip64_extra(const std::vector<uint64_t>& values) {
  std::string extra;
  if (values.empty()) return extra;
  put(extra, kZip64Extra, 2);
  put(extra, 8 * values.size(), 2);
  for (uint64_t value : values) put(extra, value, 8);
  return extra;
}

// What a local header and a directory entry share: version needed .. length of the extra field.
void put_common(std::string& out, const Entry& entry, bool wide, size_t extra_length) {
  put(out, extra_length ? 45 : 20, 2);  // version needed: 4.5 for zip64
  put(out, entry.flags, 2);
  put(out, entry.method, 2);
  put(out, 0, 2);     // 00:00:00
  put(out, 0x21, 2);  // 1980-01-01
  put(out, entry.crc, 4);
  put(out, wide ? kIn64Bits : entry.packed_size, 4);
  put(out, wide ? kIn64Bits : entry.size, 4);
  put(out, entry.name.size(), 2);
  put(out, extra_length, 2);
}

}  // namespace

std::vector<ZipMember> read_zip(std::string_view archive) {
  const Bytes in(archive);
  const Directory directory = find_directory(in);
  std::vector<ZipMember> members;
  uint64_t at = directory.at;
  for (uint64_t i = 0; i < directory.count; ++i) {
    const Entry entry = read_entry(in, at);
    at += entry.entry_size;
    members.push_back({entry.name, unpack(in, entry)});
  }
  return members;
}

void ZipWriter::add(std::string_view name, std::string_view bytes, bool compress) {
  PLEAT_ASSERT(name.size() <= 0xffff);
  const std::string packed = compress ? deflate_raw(bytes) : std::string();
  const std::string_view data = compress ? packed : bytes;
  Entry entry;
  entry.name = name;
  entry.method = compress ? kDeflated : kStored;
  entry.crc = crc32_z(0, reinterpret_cast<const Bytef*>(bytes.data()), bytes.size());
  entry.size = bytes.size();
  entry.packed_size = data.size();
  entry.header_at = out_.size();
  const bool wide = entry.size >= kIn64Bits || entry.packed_size >= kIn64Bits;
  const bool far = entry.header_at >= kIn64Bits;

  std::vector<uint64_t> long_numbers;
  if (wide) long_numbers = {entry.size, entry.packed_size};
  std::string extra = zip64_extra(long_numbers);
  put(out_, kLocalHeader, 4);
  put_common(out_, entry, wide, extra.size());
  out_.append(entry.name).append(extra).append(data);

  if (far) long_numbers.push_back(entry.header_at);
  extra = zip64_extra(long_numbers);
  put(directory_, kDirectoryEntry, 4);
  put(directory_, 45, 2);  // version of the writer
  put_common(directory_, entry, wide, extra.size());
  put(directory_, 0, 10);  // comment length, disk, attributes
  put(directory_, far ? kIn64Bits : entry.header_at, 4);
  directory_.append(entry.name).append(extra);
  ++count_;
}

std::string ZipWriter::finish() {
  const uint64_t at = out_.size(), size = directory_.size();
  const bool wide = at >= kIn64Bits || size >= kIn64Bits || count_ >= 0xffff;
  out_ += directory_;
  if (wide) {
    const uint64_t end64 = out_.size();
    put(out_, kZip64DirectoryEnd, 4);
    put(out_, kZip64DirectoryEndSize - 12, 8);  // what follows this number
    put(out_, 45, 2);
    put(out_, 45, 2);
    put(out_, 0, 8);  // disks
    put(out_, count_, 8);
    put(out_, count_, 8);
    put(out_, size, 8);
    put(out_, at, 8);
    put(out_, kZip64Locator, 4);
    put(out_, 0, 4);
    put(out_, end64, 8);
    put(out_, 1, 4);
  }
  put(out_, kDirectoryEnd, 4);
  put(out_, 0, 4);  // disks
  put(out_, wide ? 0xffff : count_, 2);
  put(out_, wide ? 0xffff : count_, 2);
  put(out_, wide ? kIn64Bits : size, 4);
  put(out_, wide ? kIn64Bits : at, 4);
  put(out_, 0, 2);
  return std::move(out_);
}

}  // namespace pleat
