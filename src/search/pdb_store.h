// PDB entries as mmCIF text, from a folder or a tar archive.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "base/file.h"

namespace pleat::search {

// Safe from any thread.
class PdbStore {
 public:
  // A folder with ID.cif (or ID.cif.gz, .zst, .xz), or a file NAME.tar whose members are named so, in
  // whatever folder of the archive and letter case; a later member of the same name replaces the earlier one.
  // Throws Error when it is neither, or the archive is damaged.
  static std::unique_ptr<PdbStore> open(const fs::path& path);

  virtual ~PdbStore() = default;
  // The entry's text, nullopt where it is absent. `id` in lower case. Throws Error when it can't be read.
  virtual std::optional<std::string> entry(const std::string& id) const = 0;
  // How many entries there are. Throws Error when a folder can't be read.
  virtual size_t count() const = 0;
};

}  // namespace pleat::search
