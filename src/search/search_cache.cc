#include "search/search_cache.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <zlib.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <chrono>
#include <utility>

#include "base/error.h"
#include "base/log.h"

namespace pleat::search {
namespace {

constexpr std::string_view kMagic = "pleat search result 1\n";

// 128 bits as hexadecimal digits.
std::string digest(std::string_view text) {
  const XXH128_hash_t hash = XXH3_128bits(text.data(), text.size());
  return fmt::format("{:016x}{:016x}", hash.high64, hash.low64);
}

std::string checksum(std::string_view bytes) {
  return fmt::format("{:08x}\n", crc32_z(0, reinterpret_cast<const Bytef*>(bytes.data()), bytes.size()));
}

// Path, size and time of the last change to nanoseconds.
std::string file_identity(const fs::path& path) {
  std::error_code error;
  const fs::path canonical = fs::canonical(path, error);
  struct stat info {};
  if (error || stat(canonical.c_str(), &info) != 0)
    throw Error(path.string(),
                "the file can't be read: " + (error ? error.message() : std::string("no such file")));
  return fmt::format("{} {} {}.{:09}", canonical.string(), info.st_size, info.st_mtim.tv_sec,
                     info.st_mtim.tv_nsec);
}

// An entry's bytes: the magic, the checksum of the rest, and one zstd frame of the key's length, the key and
// the result.
std::string encode(const std::string& key, std::string_view result) {
  const std::string body = zstd_compress(fmt::format("{}\n{}{}", key.size(), key, result));
  return std::string(kMagic) + checksum(body) + body;
}

// The result; nullopt when the bytes are damaged or belong to another key.
std::optional<std::string> decode(std::string_view bytes, const std::string& key) {
  constexpr size_t kChecksumLength = 9;
  if (!bytes.starts_with(kMagic) || bytes.size() < kMagic.size() + kChecksumLength) return std::nullopt;
  const std::string_view sum = bytes.substr(kMagic.size(), kChecksumLength);
  const std::string_view body = bytes.substr(kMagic.size() + kChecksumLength);
  if (checksum(body) != sum) return std::nullopt;
  const std::string text = decompress(std::string(body));
  const std::string start = fmt::format("{}\n{}", key.size(), key);
  if (!text.starts_with(start)) return std::nullopt;
  return text.substr(start.size());
}

// Removes unfinished entries, a day old or more, of killed processes.
void remove_abandoned_parts(const fs::path& folder) {
  std::error_code ignored;
  const auto yesterday = fs::file_time_type::clock::now() - std::chrono::hours(24);
  for (const auto& entry : fs::directory_iterator(folder, ignored)) {
    const bool part = entry.path().extension().string().starts_with(".part");
    if (part && entry.last_write_time(ignored) < yesterday) fs::remove(entry.path(), ignored);
  }
}

}  // namespace

std::string search_key(const MsaSearch& search, const std::string& engine_identity) {
  return fmt::format("engine {}\nkind {}\nquery {}\nfile {}\nz {}\nsequences {}\nscores {}\nthreaded {}\n",
                     engine_identity, search.kind == MsaSearch::Kind::protein ? "protein" : "rna",
                     search.query, file_identity(search.file),
                     search.z_value ? fmt::format("{}", *search.z_value) : "none", search.max_sequences,
                     search.shard, search.threads > 0);
}

std::string search_key(const TemplateSearch& search, const std::string& engine_identity) {
  return fmt::format("engine {}\nkind template\nquery {}\nfile {}\nmsa {} {}\n", engine_identity,
                     search.query, file_identity(search.file), search.a3m.size(), digest(search.a3m));
}

SearchCache::SearchCache(std::optional<fs::path> folder) : folder_(std::move(folder)) {
  if (folder_) remove_abandoned_parts(*folder_);
}

fs::path SearchCache::file_of(const std::string& key) const { return *folder_ / (digest(key) + ".search"); }

std::optional<std::string> SearchCache::find(const std::string& key) const {
  {
    const std::lock_guard lock(mutex_);
    const auto found = unwritten_.find(key);
    if (found != unwritten_.end()) return decode(found->second, key);
  }
  std::error_code ignored;
  if (!folder_ || !fs::exists(file_of(key), ignored)) return std::nullopt;
  try {
    if (auto result = decode(read_file(file_of(key)), key)) return result;
    warn_of_damage(key, file_of(key).string() + " is damaged;");
  } catch (const Error& error) {
    warn_of_damage(key, std::string(error.what()) + ";");
  }
  return std::nullopt;
}

void SearchCache::warn_of_damage(const std::string& key, const std::string& what) const {
  const std::lock_guard lock(mutex_);
  if (damaged_.insert(key).second) log_warning("{} pleat repeats the search.", what);
}

void SearchCache::keep(const std::string& key, std::string_view result) {
  std::string entry = encode(key, result);
  std::string reason;
  if (folder_) {
    try {
      write_file(file_of(key), entry);
      return;
    } catch (const Error& error) {
      reason = error.what();
    }
  }
  const std::lock_guard lock(mutex_);
  if (folder_ && !std::exchange(warned_, true))
    log_warning("pleat keeps search results for this run only. {}", reason);
  unwritten_[key] = std::move(entry);
}

std::optional<fs::path> default_search_cache() {
  const auto folder = user_cache_folder();
  return folder ? std::optional(*folder / "search") : std::nullopt;
}

}  // namespace pleat::search
