// Sources of targets: blocks of a database, which threads read in parallel.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "profile/filters.h"

namespace pleat::profile {

inline constexpr size_t kLongestTarget = 100000;  // residues; HMMER stops at longer ones

struct TargetBlock {
  std::vector<Target> targets;
  size_t ordinal = 0;  // of the block in the database
  size_t residues = 0;
  // The memory that the targets view, unless the source owns it, and their header lines without the '>'.
  std::vector<std::string_view> headers;
  std::string text;
  AlignedVector<uint8_t> codes;
};

class TargetSource {
 public:
  virtual ~TargetSource() = default;
  // Reads the next block into `block`, whose memory it reuses; false at the end. Thread-safe. Throws Error
  // naming the file, the place and the problem.
  virtual bool next(TargetBlock& block) = 0;
  // The header line of a block's target, without the '>'. Throws Error as next() does.
  virtual std::string_view header(const TargetBlock& block, size_t at) const { return block.headers[at]; }
  virtual std::string name() const = 0;  // for messages
};

struct Header {
  std::string_view name, description;
};
// Splits a header line like HMMER: at white space; Ctrl-A ends the description.
Header split_header(std::string_view line);

}  // namespace pleat::profile
