// Packed databases (.pleatdb): residue codes, which a search reads directly from the mapped file.
//
// The file, in little-endian numbers: a header of 256 bytes; blocks, each at a multiple of 64: the lengths of its
// targets (4 bytes each, filled up to a multiple of 64), then their codes one after the other; the header lines of all
// targets, each ended by '\n', block after block; the table of blocks. Targets keep their order in the FASTA
// file; empty ones stay. Checksums cover the header, the table, each block's lengths and codes, and each
// block's header lines, so that a search checks everything it reads.
#pragma once

#include <functional>

#include "base/file.h"
#include "profile/targets.h"

namespace pleat::profile {

struct PackedCounts {
  uint64_t sequences = 0, residues = 0;
};

// Whether a file begins like a packed database; false when it is unreadable.
bool is_packed(const fs::path& file);

// Packs a FASTA file, plain or compressed (gzip, xz, zstd), in bounded memory. Calls `progress` with the
// finished share, 0..1; it may stop the work by throwing, and then no file remains. Throws Error naming the
// file and the line or sequence.
PackedCounts pack_fasta(const fs::path& fasta, const fs::path& output,
                        const std::function<void(double)>& progress);

class PackedSource : public TargetSource {
 public:
  // Throws Error naming the file when it is foreign, damaged or truncated.
  explicit PackedSource(const fs::path& file);
  ~PackedSource() override;

  const PackedCounts& counts() const;
  uint64_t bytes() const;
  bool next(TargetBlock& block) override;
  std::string_view header(const TargetBlock& block, size_t at) const override;
  std::string name() const override { return file_.string(); }
  // Checks the header lines, which searches read only on demand. Throws Error as next() does.
  void check_headers(const TargetBlock& block) const;

 private:
  struct Layout;
  [[noreturn]] void refuse(const std::string& what) const;
  std::string_view headers_of(size_t block) const;

  const fs::path file_;
  std::unique_ptr<Layout> layout_;
};

// The targets of a FASTA file or a packed database.
std::unique_ptr<TargetSource> open_targets(const fs::path& file);

}  // namespace pleat::profile
