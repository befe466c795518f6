// Targets straight from a FASTA file, which threads read and decode beside each other.
// docs/specs/hmmer-search.md, section 1.
#pragma once

#include <atomic>

#include "base/file.h"
#include "profile/targets.h"

namespace pleat::profile {

class FastaSource : public TargetSource {
 public:
  explicit FastaSource(const fs::path& file);
  ~FastaSource() override;
  FastaSource(const FastaSource&) = delete;
  FastaSource& operator=(const FastaSource&) = delete;

  bool next(TargetBlock& block) override;
  std::string name() const override { return file_.string(); }

 private:
  // The records that begin in a piece of the file, into block.text from offset `start` of the file; false where none does.
  bool read_piece(uint64_t piece, TargetBlock& block, uint64_t& start, size_t& first, size_t& end) const;
  void read(uint64_t from, size_t count, std::string& text) const;
  void decode(TargetBlock& block, uint64_t start, size_t first, size_t end) const;
  [[noreturn]] void fail(uint64_t offset, std::string_view header, const std::string& what,
                         const char* fix) const;

  const fs::path file_;
  int descriptor_ = -1;
  uint64_t size_ = 0;
  std::atomic<uint64_t> next_piece_ = 0;
};

}  // namespace pleat::profile
