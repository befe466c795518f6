// PDB entries as mmCIF text, from a folder or a tar archive.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "base/file.h"

namespace pleat::search {

// Thread-safe.
class PdbStore {
 public:
  // A folder with files ID.cif (or ID.cif.gz, .zst, .xz), or a file NAME.tar with such members, in any folder
  // of the archive and any letter case; a later member replaces an earlier one of the same name. Throws Error
  // when the path is neither, or the archive is damaged.
  static std::unique_ptr<PdbStore> open(const fs::path& path);

  virtual ~PdbStore() = default;
  // The entry's text; nullopt when it is absent. `id` in lower case. Throws Error when the entry is
  // unreadable.
  virtual std::optional<std::string> entry(const std::string& id) const = 0;
  // The number of entries. Throws Error when a folder is unreadable.
  virtual size_t count() const = 0;
};

}  // namespace pleat::search
