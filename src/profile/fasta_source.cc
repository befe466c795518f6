#include "profile/fasta_source.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "base/error.h"
#include "profile/alphabet.h"
#include "profile/letters.h"

namespace pleat::profile {
namespace {

constexpr size_t kPieceBytes = 256 << 10, kMoreBytes = 64 << 10;
constexpr std::string_view kWhite = " \t\r\n";

}  // namespace

Header split_header(std::string_view line) {
  line = line.substr(0, line.find_first_of("\r\x01"));
  line.remove_prefix(std::min(line.find_first_not_of(" \t"), line.size()));
  Header header{line.substr(0, line.find_first_of(" \t")), {}};
  header.description = line.substr(header.name.size());
  header.description.remove_prefix(
      std::min(header.description.find_first_not_of(" \t"), header.description.size()));
  return header;
}

size_t begin_of_records(std::string_view text, const Refuse& refuse) {
  const size_t first = std::min(text.find_first_not_of(kWhite), text.size());
  if (first < text.size() && text[first] != '>')
    refuse(first, "", "a sequence has no header line",
           "Start each sequence with a line '>NAME DESCRIPTION'.");
  return first;
}

void refuse_line(const fs::path& file, uint64_t line, std::string_view header, const std::string& what,
                 const char* fix) {
  const std::string sequence = header.empty() ? "" : fmt::format(", sequence {}", split_header(header).name);
  throw Error(fmt::format("{}, line {}{}", file.string(), line, sequence), what, fix);
}

void decode_records(TargetBlock& block, size_t first, size_t end, const Refuse& refuse) {
  block.targets.clear(), block.headers.clear();
  block.residues = 0;
  block.codes.resize(end - first + kDecodeSlack);
  uint8_t* codes = block.codes.data();
  const char* text = block.text.data();
  for (size_t at = first; at < end;) {
    const size_t line = std::min(block.text.find('\n', at), end);
    const std::string_view header(text + at + 1, line - at - 1);
    at = std::min(line + 1, end);
    const uint8_t* from = codes;
    while (at < end && !(text[at] == '>' && text[at - 1] == '\n')) {
      const Decoded decoded = decode_letters(text + at, end - at, codes);
      at += decoded.read, codes += decoded.written;
      if (at == end || (text[at] == '>' && text[at - 1] == '\n')) break;
      const uint8_t code = fasta_codes()[static_cast<uint8_t>(text[at])];
      if (code == kIllegal)
        refuse(at, header,
               fmt::format("the byte 0x{:02x} is not a protein letter", static_cast<uint8_t>(text[at])),
               "Remove the byte or the sequence.");
      if (code != kIgnored) *codes++ = code;
      ++at;
    }
    const Target target(from, codes);
    if (target.size() > kLongestTarget)
      refuse(header.data() - text, header, "the sequence is longer than 100,000 residues",
             "Remove or split the sequence.");
    block.targets.push_back(target);
    block.headers.push_back(header);
    block.residues += target.size();
  }
}

FastaSource::FastaSource(const fs::path& file) : file_(file), descriptor_(::open(file.c_str(), O_RDONLY)) {
  struct stat status {};
  if (descriptor_ < 0 || ::fstat(descriptor_, &status) != 0) {
    const std::string reason = std::strerror(errno);
    if (descriptor_ >= 0) ::close(descriptor_);
    throw Error(file.string(), "the file can't be opened: " + reason, "Check the path and its permissions.");
  }
  if (!S_ISREG(status.st_mode)) {
    ::close(descriptor_);
    throw Error(file.string(), "the path is not a regular file", "Give a FASTA file.");
  }
  size_ = static_cast<uint64_t>(status.st_size);
  ::posix_fadvise(descriptor_, 0, 0, POSIX_FADV_SEQUENTIAL);
}

FastaSource::~FastaSource() { ::close(descriptor_); }

void FastaSource::read(uint64_t from, size_t count, std::string& text) const {
  const size_t before = text.size();
  text.resize(before + count);
  for (size_t done = 0; done < count;) {
    const ssize_t got =
        ::pread(descriptor_, text.data() + before + done, count - done, static_cast<off_t>(from + done));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0)
      throw Error(file_.string(),
                  got == 0 ? "the file has become shorter"
                           : fmt::format("the file can't be read: {}", std::strerror(errno)),
                  "Check the disk, and that no program changes the file.");
    done += static_cast<size_t>(got);
  }
}

bool FastaSource::read_piece(uint64_t piece, TargetBlock& block, uint64_t& start, size_t& first,
                             size_t& end) const {
  const uint64_t begin = piece * kPieceBytes, next = std::min(begin + kPieceBytes, size_);
  start = begin - (begin > 0);  // includes the previous line's end
  std::string& text = block.text;
  text.clear();
  read(start, next - start, text);
  if (begin > 0) {
    const size_t line = text.find("\n>");
    if (line == std::string::npos) return false;
    first = line + 1;
  } else {
    first = begin_of_records(text, refusal_from(0));
    if (first == text.size() && next < size_)
      fail(0, "", "the file begins with too much white space", "Remove the white space.");
    if (first == text.size()) return false;
  }
  // The last record may continue beyond the piece; the next one begins there at the earliest.
  size_t from = next - start - 1;
  while (true) {
    end = text.find("\n>", from);
    if (end != std::string::npos) {
      ++end;
      break;
    }
    const uint64_t at = start + text.size();
    if (at == size_) {
      end = text.size();
      break;
    }
    from = text.size() - 1;
    read(at, std::min<uint64_t>(kMoreBytes, size_ - at), text);
  }
  text.resize(std::max(text.size(), end) + kTextSlack);
  return true;
}

bool FastaSource::next(TargetBlock& block) {
  while (true) {
    const uint64_t piece = next_piece_.fetch_add(1, std::memory_order_relaxed);
    if (piece * kPieceBytes >= size_) return false;
    uint64_t start = 0;
    size_t first = 0, end = 0;
    if (!read_piece(piece, block, start, first, end)) continue;
    block.ordinal = piece;
    decode_records(block, first, end, refusal_from(start));
    return true;
  }
}

Refuse FastaSource::refusal_from(uint64_t start) const {
  return [this, start](size_t at, std::string_view header, const std::string& what, const char* fix) {
    fail(start + at, header, what, fix);
  };
}

void FastaSource::fail(uint64_t offset, std::string_view header, const std::string& what,
                       const char* fix) const {
  uint64_t line = 1;
  std::string text;
  for (uint64_t at = 0; at < offset; at += text.size()) {
    text.clear();
    read(at, std::min<uint64_t>(kPieceBytes, offset - at), text);
    line += static_cast<uint64_t>(std::count(text.begin(), text.end(), '\n'));
  }
  refuse_line(file_, line, header, what, fix);
}

}  // namespace pleat::profile
