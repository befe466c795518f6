#include "profile/fasta_blocks.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.h"

namespace pleat::profile {
namespace {

constexpr size_t kBlockBytes = 1 << 18;

}  // namespace

FastaBlocks::FastaBlocks(const fs::path& file) : file_(file), in_(file, std::ios::binary) {
  if (!in_) throw Error(file.string(), "the file can't be opened", "Check the path and its permissions.");
}

std::optional<Block> FastaBlocks::next() {
  const std::lock_guard lock(mutex_);
  Block block;
  block.text = std::move(rest_);
  rest_.clear();
  while (true) {
    const size_t before = block.text.size();
    block.text.resize(before + kBlockBytes);
    in_.read(block.text.data() + before, kBlockBytes);
    block.text.resize(before + static_cast<size_t>(in_.gcount()));
    if (in_.bad()) throw Error(file_.string(), "the file can't be read to its end", "Check the disk.");
    if (!in_) break;
    const size_t cut = block.text.rfind("\n>");
    if (cut == std::string::npos) continue;
    rest_ = block.text.substr(cut + 1);
    block.text.resize(cut + 1);
    break;
  }
  if (block.text.empty()) return std::nullopt;
  block.ordinal = ordinal_++;
  block.first_line = line_;
  line_ += static_cast<size_t>(std::count(block.text.begin(), block.text.end(), '\n'));
  return block;
}

std::string_view BlockReader::line() {
  const std::string_view line = rest_.substr(0, rest_.find('\n'));
  rest_.remove_prefix(std::min(line.size() + 1, rest_.size()));
  ++lines_;
  return line;
}

bool BlockReader::next(Record& record) {
  std::string_view header;
  while (header.empty() && !rest_.empty()) {
    header = line();
    header.remove_prefix(std::min(header.find_first_not_of(" \t\r"), header.size()));
  }
  if (header.empty()) return false;
  if (header[0] != '>') {
    throw Error(fmt::format("{}, line {}", file_.string(), block_.first_line + lines_ - 1),
                "a sequence has no header line", "Start each sequence with a line '>NAME DESCRIPTION'.");
  }
  header.remove_prefix(1);
  header = header.substr(0, header.find_first_of("\r\x01"));
  header.remove_prefix(std::min(header.find_first_not_of(" \t"), header.size()));
  record.name = header.substr(0, header.find_first_of(" \t"));
  record.description = header.substr(record.name.size());
  record.description.remove_prefix(
      std::min(record.description.find_first_not_of(" \t"), record.description.size()));
  record.codes.clear();
  const auto& codes = fasta_codes();
  while (!rest_.empty() && rest_[0] != '>') {
    for (const char letter : line()) {
      const uint8_t code = codes[static_cast<uint8_t>(letter)];
      if (code == kIgnored) continue;
      if (code == kIllegal) {
        throw Error(fmt::format("{}, line {}, sequence {}", file_.string(), block_.first_line + lines_ - 1,
                                record.name),
                    fmt::format("the byte 0x{:02x} is no letter of a protein", static_cast<uint8_t>(letter)),
                    "Remove it or the sequence.");
      }
      record.codes.push_back(code);
    }
  }
  return true;
}

}  // namespace pleat::profile
