// Indexes a tar archive once by its headers, and reads members directly from the mapped file.
#include "search/pdb_store.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <string_view>
#include <unordered_map>

#include "base/error.h"
#include "base/text.h"

namespace pleat::search {
namespace {

constexpr std::array<std::string_view, 4> kSuffixes = {".cif", ".cif.gz", ".cif.zst", ".cif.xz"};

// A file's name without the suffix of an entry; nullopt when it has none.
std::optional<std::string> entry_id(const std::string& file) {
  for (const std::string_view suffix : kSuffixes) {
    if (file.ends_with(suffix)) return file.substr(0, file.size() - suffix.size());
  }
  return std::nullopt;
}

class FolderStore : public PdbStore {
 public:
  explicit FolderStore(fs::path folder) : folder_(std::move(folder)) {}

  std::optional<std::string> entry(const std::string& id) const override {
    for (const std::string_view suffix : kSuffixes) {
      const fs::path file = folder_ / (id + std::string(suffix));
      std::error_code ignored;
      if (fs::exists(file, ignored)) return read_text_file(file);
    }
    return std::nullopt;
  }

  size_t count() const override {
    std::error_code error;
    size_t entries = 0;
    for (auto file = fs::directory_iterator(folder_, error); !error && file != fs::directory_iterator();
         file.increment(error))
      entries += entry_id(file->path().filename().string()).has_value();
    if (error)
      throw Error(folder_.string(), "the folder can't be read: " + error.message(),
                  "Make the folder readable.");
    return entries;
  }

 private:
  fs::path folder_;
};

constexpr size_t kTarBlock = 512;

// A tar header: fields at fixed places of one block.
class TarHeader {
 public:
  explicit TarHeader(std::string_view block) : block_(block) {}

  bool is_end() const { return block_.find_first_not_of('\0') == block_.npos; }
  char type() const { return block_[156]; }
  bool is_file() const { return type() == '0' || type() == '\0' || type() == '7'; }
  std::string name() const {
    const std::string prefix = is_ustar() ? text(345, 155) : "";
    return prefix.empty() ? text(0, 100) : prefix + "/" + text(0, 100);
  }
  std::optional<size_t> size() const { return number(124, 12); }

  // The sum of the header's bytes, with blanks for the checksum's own field.
  bool has_valid_checksum() const {
    size_t sum = 8 * ' ';
    for (size_t i = 0; i < kTarBlock; ++i) {
      if (i < 148 || i >= 156) sum += static_cast<unsigned char>(block_[i]);
    }
    return number(148, 8) == sum;
  }

 private:
  // GNU's header has times instead of a prefix there.
  bool is_ustar() const { return block_.substr(257, 6) == std::string_view("ustar\0", 6); }

  std::string text(size_t at, size_t length) const {
    const std::string_view field = block_.substr(at, length);
    return std::string(field.substr(0, field.find('\0')));
  }

  // Octal digits, or, with the first bit set, a big-endian binary number.
  std::optional<size_t> number(size_t at, size_t length) const {
    std::string_view field = block_.substr(at, length);
    if (static_cast<unsigned char>(field[0]) == 0x80) {
      size_t value = 0;
      for (const char c : field.substr(1)) value = value << 8 | static_cast<unsigned char>(c);
      return value;
    }
    field.remove_prefix(std::min(field.find_first_not_of(' '), field.size()));
    size_t value = 0;
    const auto [end, status] = std::from_chars(field.data(), field.data() + field.size(), value, 8);
    if (status != std::errc()) return std::nullopt;
    const std::string_view rest(end, static_cast<size_t>(field.data() + field.size() - end));
    return rest.find_first_not_of(std::string_view(" \0", 2)) == rest.npos ? std::optional(value)
                                                                           : std::nullopt;
  }

  std::string_view block_;
};

// What extension members say about the next member.
struct TarExtension {
  std::optional<std::string> name;
  std::optional<size_t> size;
};

// Records "LENGTH KEY=VALUE\n", LENGTH counting the whole record.
void read_pax(std::string_view records, TarExtension& extension) {
  while (!records.empty()) {
    size_t length = 0;
    std::from_chars(records.data(), records.data() + records.size(), length);
    if (length == 0 || length > records.size()) return;
    std::string_view record = records.substr(0, length - 1);
    records.remove_prefix(length);
    record.remove_prefix(std::min(record.find(' ') + 1, record.size()));
    const size_t equals = std::min(record.find('='), record.size());
    const std::string_view key = record.substr(0, equals);
    const std::string_view value = record.substr(std::min(equals + 1, record.size()));
    if (key == "path") extension.name = value;
    if (key == "size") {
      extension.size = 0;
      std::from_chars(value.data(), value.data() + value.size(), *extension.size);
    }
  }
}

class TarStore : public PdbStore {
 public:
  explicit TarStore(const fs::path& file) : where_(file.string()), file_(file) { read_index(); }

  std::optional<std::string> entry(const std::string& id) const override {
    const auto found = members_.find(id);
    if (found == members_.end()) return std::nullopt;
    try {
      return decompress(std::string(found->second));
    } catch (const Error& error) {
      throw error.within(where_ + ": " + id);
    }
  }

  size_t count() const override { return members_.size(); }

 private:
  void read_index() {
    const std::string_view bytes = file_.bytes();
    TarExtension extension;
    for (size_t at = 0; at + kTarBlock <= bytes.size();) {
      const TarHeader header(bytes.substr(at, kTarBlock));
      if (header.is_end()) return;
      if (!header.has_valid_checksum() || !header.size())
        throw damaged(at, "the archive has no member header here");
      const bool extra =
          header.type() == 'x' || header.type() == 'g' || header.type() == 'L' || header.type() == 'K';
      const size_t size = extra ? *header.size() : extension.size.value_or(*header.size());
      at += kTarBlock;
      if (size > bytes.size() - at) throw damaged(at, "the archive ends inside a member");
      read_member(header, bytes.substr(at, size), extension);
      if (!extra) extension = {};
      at += (size + kTarBlock - 1) / kTarBlock * kTarBlock;
    }
  }

  void read_member(const TarHeader& header, std::string_view content, TarExtension& extension) {
    if (header.type() == 'x') {
      read_pax(content, extension);
    } else if (header.type() == 'L') {
      extension.name = content.substr(0, content.find('\0'));
    } else if (header.is_file()) {
      add(extension.name.value_or(header.name()), content);
    }
  }

  void add(const std::string& name, std::string_view content) {
    const auto id = entry_id(fs::path(lower_case(name)).filename().string());
    if (id) members_[*id] = content;
  }

  Error damaged(size_t at, const std::string& what) const {
    return Error(where_ + ": byte " + std::to_string(at), what, "Download or pack the archive again.");
  }

  std::string where_;
  MappedFile file_;
  std::unordered_map<std::string, std::string_view> members_;
};

}  // namespace

std::unique_ptr<PdbStore> PdbStore::open(const fs::path& path) {
  std::error_code ignored;
  if (fs::is_directory(path, ignored)) return std::make_unique<FolderStore>(path);
  if (path.extension() == ".tar") return std::make_unique<TarStore>(path);
  throw Error(path.string(),
              fs::exists(path, ignored) ? "the path is neither a folder nor a .tar archive"
                                        : "there is no such folder",
              "Give the folder of the PDB's mmCIF files, or their .tar archive.");
}

}  // namespace pleat::search
