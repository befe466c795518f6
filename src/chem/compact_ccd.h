// The compact dictionary: a file in which pleat finds a component without parsing. Internal to chem.
//
// All numbers are little-endian. Header: magic "pleatCCD", u32 version, u32 number of components, u64 size of
// the file. Index: for every component, sorted by code, the u64 offset of its record. Record: the texts of
// Component in the order of its members (each a length and its bytes), then the atoms and the bonds (each a
// count and its entries); lengths and counts are LEB128. An atom ends in a byte whose bits 0 and 1 say
// whether ideal and model coordinates (3 float32 each) follow.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/file.h"
#include "chem/ccd.h"

namespace pleat::chem {

class CompactCcd final : public Ccd {
 public:
  // Maps the file and reads its header.
  explicit CompactCcd(const fs::path& file);
  // The same over bytes, which must outlive the object; `where` names them in errors.
  CompactCcd(std::string_view bytes, std::string where);

  const Component* find(std::string_view code) const override;
  bool is_glycan(std::string_view code) const override;
  std::vector<std::string> codes() const override;

 private:
  void check_header();
  std::string_view record(size_t i) const;
  std::string_view code(size_t i) const;

  std::optional<MappedFile> file_;
  std::string_view bytes_;
  std::string where_;
  size_t count_ = 0;
  mutable std::mutex mutex_;  // guards decoded_
  mutable std::map<std::string, std::unique_ptr<const Component>, std::less<>> decoded_;
};

// The record of a component.
std::string encode_component(const Component& component);

// The whole file; `records` are by code.
std::string encode_compact_ccd(const std::map<std::string, std::string>& records);

}  // namespace pleat::chem
