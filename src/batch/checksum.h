// Checksums of files and texts: XXH3, 128 bits, as 32 hexadecimal digits (`xxhsum -H128` prints the same).
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/file.h"

namespace pleat::batch {

std::string checksum(std::string_view bytes);
// Throws Error where the file can't be read.
std::string file_checksum(const fs::path& file);

// The same of bytes that come in pieces.
class Checksum {
 public:
  Checksum();
  ~Checksum();
  Checksum(const Checksum&) = delete;
  Checksum& operator=(const Checksum&) = delete;

  void add(std::string_view bytes);
  std::string digits() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace pleat::batch
