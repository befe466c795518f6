// Where targets come from: blocks of a database that threads take beside each other.
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
  // What the targets view, where the source does not hold it itself, with their header lines less the '>'.
  std::vector<std::string_view> headers;
  std::string text;
  AlignedVector<uint8_t> codes;
};

class TargetSource {
 public:
  virtual ~TargetSource() = default;
  // The next block into `block`, whose memory is used again; false at the end. Safe from any thread. Throws
  // Error naming the file and what is wrong where.
  virtual bool next(TargetBlock& block) = 0;
  // The header line of a block's target, less the '>'. Throws Error as next() does.
  virtual std::string_view header(const TargetBlock& block, size_t at) const { return block.headers[at]; }
  virtual std::string name() const = 0;  // for messages
};

struct Header {
  std::string_view name, description;
};
// As HMMER splits a header line: at white space; Ctrl-A ends the description.
Header split_header(std::string_view line);

}  // namespace pleat::profile
