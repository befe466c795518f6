// Targets straight from a FASTA file, which threads read and decode beside each other.
// docs/specs/hmmer-search.md, section 1.
#pragma once

#include <atomic>
#include <functional>

#include "base/file.h"
#include "profile/letters.h"
#include "profile/targets.h"

namespace pleat::profile {

// How far text that is decoded is readable beyond its end.
inline constexpr size_t kTextSlack = kDecodeSlack;

// What to do about a byte of a block's text that can't be: its place, the header line of its sequence, what is
// wrong and the fix. Throws.
using Refuse =
    std::function<void(size_t at, std::string_view header, const std::string& what, const char* fix)>;

// The records in block.text from `first`, a '>', up to `end` become its targets.
void decode_records(TargetBlock& block, size_t first, size_t end, const Refuse& refuse);

// The first byte of a file's text that is not white space, text.size() where all is. Refuses another than '>'.
size_t begin_of_records(std::string_view text, const Refuse& refuse);

// Throws the Error of a line of a FASTA file; names the sequence unless `header` is empty.
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
  // The records that begin in a piece of the file, into block.text from offset `start` of the file; false
  // where none does.
  bool read_piece(uint64_t piece, TargetBlock& block, uint64_t& start, size_t& first, size_t& end) const;
  void read(uint64_t from, size_t count, std::string& text) const;
  [[noreturn]] void fail(uint64_t offset, std::string_view header, const std::string& what,
                         const char* fix) const;

  // Of text that begins at byte `start` of the file.
  Refuse refusal_from(uint64_t start) const;

  const fs::path file_;
  int descriptor_ = -1;
  uint64_t size_ = 0;
  std::atomic<uint64_t> next_piece_ = 0;
};

}  // namespace pleat::profile
