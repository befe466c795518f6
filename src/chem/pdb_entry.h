// A PDB entry for the template search: its release date, the residues of its chains, and the mmCIF text of
// one chain.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace pleat::chem {

struct EntryChain {
  std::string sequence;  // one-letter codes of all residues, unresolved ones too; X (nucleic: N) if none
  std::vector<bool> resolved;  // whether the residue has atoms
};

struct PolymerChain;

// Not thread-safe.
class PdbEntry {
 public:
  // Throws Error: not CIF, no release date.
  explicit PdbEntry(std::string_view mmcif);
  ~PdbEntry();
  PdbEntry(PdbEntry&&) noexcept;
  PdbEntry& operator=(PdbEntry&&) noexcept;

  const std::string& release_date() const;  // of the oldest revision, YYYY-MM-DD

  // The polymer chain with this author's id, first model; nullopt when there is none. Throws Error when the
  // entry's tables contradict each other.
  std::optional<EntryChain> chain(const std::string& author_id) const;

  // The mmCIF text of that chain alone, with the entry's components and assemblies, in the reference's
  // layout. The chain must exist.
  std::string chain_mmcif(const std::string& author_id) const;

 private:
  const PolymerChain* find(const std::string& author_id) const;

  struct Content;
  std::unique_ptr<Content> content_;
};

}  // namespace pleat::chem
