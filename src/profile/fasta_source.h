// Reads targets directly from a FASTA file, with threads that read and decode in parallel.
// docs/specs/hmmer-search.md, section 1.
#pragma once

#include <atomic>
#include <functional>

#include "base/file.h"
#include "profile/letters.h"
#include "profile/targets.h"

namespace pleat::profile {

// Bytes beyond the end of a text that the decoder may read.
inline constexpr size_t kTextSlack = kDecodeSlack;

// Throws for an illegal byte of a block's text: its position, the header line of its sequence, the problem
// and the fix.
using Refuse =
    std::function<void(size_t at, std::string_view header, const std::string& what, const char* fix)>;

// Turns the records in block.text from `first`, a '>', up to `end` into the block's targets.
void decode_records(TargetBlock& block, size_t first, size_t end, const Refuse& refuse);

// The position of the first byte that is not white space, text.size() when there is none. Refuses a byte
// other than '>'.
size_t begin_of_records(std::string_view text, const Refuse& refuse);

// Throws an Error placed at a line of a FASTA file; names the sequence unless `header` is empty.
[[noreturn]] void refuse_line(const fs::path& file, uint64_t line, std::string_view header,
                              const std::string& what, const char* fix);

class FastaSource : public TargetSource {
 public:
  explicit FastaSource(const fs::path& file);
  ~FastaSource() override;
  FastaSource(const FastaSource&) = delete;
  FastaSource& operator=(const FastaSource&) = delete;

  bool next(TargetBlock& block) override;
  std::string name() const override { return file_.string(); }

 private:
  // Reads the records that begin in a piece of the file into block.text, which starts at byte `start` of the
  // file. False when none begins there.
  bool read_piece(uint64_t piece, TargetBlock& block, uint64_t& start, size_t& first, size_t& end) const;
  void read(uint64_t from, size_t count, std::string& text) const;
  [[noreturn]] void fail(uint64_t offset, std::string_view header, const std::string& what,
                         const char* fix) const;

  // The Refuse for text that begins at byte `start` of the file.
  Refuse refusal_from(uint64_t start) const;

  const fs::path file_;
  int descriptor_ = -1;
  uint64_t size_ = 0;
  std::atomic<uint64_t> next_piece_ = 0;
};

}  // namespace pleat::profile
