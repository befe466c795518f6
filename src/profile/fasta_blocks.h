// A FASTA file in blocks of whole records, for threads that parse them beside each other.
#pragma once

#include <fstream>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/file.h"
#include "profile/profile.h"

namespace pleat::profile {

struct Block {
  std::string text;
  size_t ordinal = 0;     // of the block
  size_t first_line = 1;  // of the file
};

class FastaBlocks {
 public:
  explicit FastaBlocks(const fs::path& file);
  // The next block; none at the end. Safe from any thread. Throws Error.
  std::optional<Block> next();

 private:
  const fs::path file_;
  std::ifstream in_;
  std::mutex mutex_;
  std::string rest_;  // read, but not yet given
  size_t ordinal_ = 0, line_ = 1;
};

struct Record {
  std::string_view name, description;
  Codes codes;
};

// Goes through a block's records. `file` is for messages.
class BlockReader {
 public:
  BlockReader(const Block& block, const fs::path& file) : block_(block), file_(file), rest_(block.text) {}
  // False at the end. The record's text lives as long as the block. Throws Error naming file and line.
  bool next(Record& record);

 private:
  std::string_view line();

  const Block& block_;
  const fs::path& file_;
  std::string_view rest_;
  size_t lines_ = 0;
};

}  // namespace pleat::profile
