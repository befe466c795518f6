// Results of searches, kept from run to run: a chain that was searched once is not searched again.
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

// Everything that a result depends on, as text: the engine, the query, the settings (threads do not count,
// except that HMMER without threads reads RNA databases in other pieces), and the file's path, size and time
// of change; of an A3M its digest. Throws Error where the file can't be read.
std::string search_key(const MsaSearch& search, const std::string& engine_identity);
std::string search_key(const TemplateSearch& search, const std::string& engine_identity);

// Safe from any thread, and one folder may be used by any number of processes at a time. An entry is a file
// of its own, named by the digest of its key; it holds its key and a checksum, so that one that is cut short,
// damaged or another's is not used. The folder can be removed at any time, entry by entry or as a whole.
class SearchCache {
 public:
  // nullopt: nothing is read or written, results are kept for as long as the object lives. The same is done
  // with entries that can't be written; a warning says so once.
  explicit SearchCache(std::optional<fs::path> folder);

  // nullopt where there is none, or a damaged one: a warning says so once.
  std::optional<std::string> find(const std::string& key) const;
  void keep(const std::string& key, std::string_view result);

 private:
  fs::path file_of(const std::string& key) const;
  void tell_of_damage(const std::string& key, const std::string& what) const;

  std::optional<fs::path> folder_;
  mutable std::mutex mutex_;
  std::map<std::string, std::string> unwritten_;  // key to the bytes of its entry
  mutable std::set<std::string> damaged_;         // keys of entries of which a warning has told
  bool warned_ = false;
};

// The folder `search` of user_cache_folder (base/file.h).
std::optional<fs::path> default_search_cache();

}  // namespace pleat::search
