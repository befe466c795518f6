// Keeps results of searches from run to run, so that no chain is searched twice.
#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "base/file.h"
#include "search/search_engine.h"

namespace pleat::search {

// Everything on which a result depends, as text: the engine, the query, the settings (without threads, except
// that HMMER without threads reads RNA databases in other pieces), the file's path, size and time of change,
// the digest of an A3M. Throws Error when the file is unreadable.
std::string search_key(const MsaSearch& search, const std::string& engine_identity);
std::string search_key(const TemplateSearch& search, const std::string& engine_identity);

// Thread-safe; any number of processes may share a folder. An entry is one file, named by the digest of its
// key. It holds the key and a checksum, so that pleat recognises truncated, damaged and foreign entries. The
// folder or single entries may be deleted at any time.
class SearchCache {
 public:
  // nullopt: keeps results only in memory, for the object's lifetime. Does the same with entries that cannot
  // be written, after one warning.
  explicit SearchCache(std::optional<fs::path> folder);

  // nullopt when there is no entry, or a damaged one (one warning per entry).
  std::optional<std::string> find(const std::string& key) const;
  void keep(const std::string& key, std::string_view result);

 private:
  fs::path file_of(const std::string& key) const;
  void warn_of_damage(const std::string& key, const std::string& what) const;

  std::optional<fs::path> folder_;
  mutable std::mutex mutex_;
  std::map<std::string, std::string> unwritten_;  // key to the bytes of its entry
  mutable std::set<std::string> damaged_;         // keys of entries with a warning
  bool warned_ = false;
};

// The folder `search` of user_cache_folder (base/file.h).
std::optional<fs::path> default_search_cache();

}  // namespace pleat::search
