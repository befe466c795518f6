#include "profile/packed_file.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <cerrno>
#include <cstring>
#include <fstream>

#include "base/error.h"
#include "base/text_stream.h"
#include "profile/alphabet.h"
#include "profile/fasta_source.h"

namespace pleat::profile {
namespace {

static_assert(std::endian::native == std::endian::little);

constexpr std::array<char, 8> kMagic = {'p', 'l', 'e', 'a', 't', 'd', 'b', '\0'};
constexpr uint32_t kVersion = 1, kCodeBits = 8;  // 5 is reserved for denser codes
constexpr size_t kAlignment = 64, kBlockCodes = 256 << 10, kTextPiece = 1 << 20;

struct FileHeader {
  std::array<char, 8> magic = kMagic;
  uint32_t version = kVersion, code_bits = kCodeBits;
  uint64_t sequences = 0, residues = 0, blocks = 0;
  uint64_t headers_offset = 0, table_offset = 0, file_bytes = 0;
  uint64_t table_checksum = 0;
  std::array<uint64_t, 22> unused{};
  uint64_t checksum = 0;  // of all before it
};
static_assert(sizeof(FileHeader) == 256);

struct BlockEntry {
  uint64_t offset = 0;          // of its lengths
  uint64_t headers_offset = 0;  // of its header lines, from those of the first block
  uint32_t targets = 0, code_bytes = 0;
  uint64_t header_bytes = 0;
  uint64_t checksum = 0;  // of lengths and codes
  uint64_t headers_checksum = 0;
};
static_assert(sizeof(BlockEntry) == 48);

size_t aligned(size_t bytes) { return (bytes + kAlignment - 1) / kAlignment * kAlignment; }

// Every step of a lane is invertible, so a change of one word changes its lane; four lanes keep a core busy.
uint64_t checksum(std::string_view bytes) {
  constexpr uint64_t kFactor = 0x9e3779b97f4a7c15;
  uint64_t lanes[4] = {1, 2, 3, 4};
  const auto add = [&](const char* from) {
    uint64_t words[4];
    std::memcpy(words, from, sizeof words);
    for (int i = 0; i < 4; ++i) lanes[i] = std::rotl((lanes[i] ^ words[i]) * kFactor, 31);
  };
  size_t at = 0;
  for (; at + 32 <= bytes.size(); at += 32) add(bytes.data() + at);
  char tail[32] = {};
  if (at < bytes.size()) {
    std::memcpy(tail, bytes.data() + at, bytes.size() - at);
    add(tail);
  }
  uint64_t sum = bytes.size();
  for (const uint64_t lane : lanes) sum = std::rotl((sum ^ lane) * kFactor, 29);
  return sum;
}

template <class T>
std::string_view bytes_of(const T& value) {
  return {reinterpret_cast<const char*>(&value), sizeof value};
}

uint64_t header_checksum(const FileHeader& header) {
  return checksum(bytes_of(header).substr(0, offsetof(FileHeader, checksum)));
}

// A file written from start to end; the destructor removes it unless keep_as was called.
class NewFile {
 public:
  explicit NewFile(const fs::path& path) : path_(path), out_(path, std::ios::binary | std::ios::trunc) {
    check();
  }
  ~NewFile() {
    if (kept_) return;
    out_.close();
    std::error_code ignored;
    fs::remove(path_, ignored);
  }
  NewFile(const NewFile&) = delete;
  NewFile& operator=(const NewFile&) = delete;

  uint64_t size() const { return size_; }
  void write(std::string_view bytes) {
    out_.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    size_ += bytes.size();
    check();
  }
  void fill_up() { write(std::string(aligned(size_) - size_, '\0')); }
  void append(const NewFile& other) {
    std::ifstream in(other.path_, std::ios::binary);
    std::string buffer(kTextPiece, '\0');
    for (uint64_t left = other.size_; left > 0;) {
      in.read(buffer.data(), static_cast<std::streamsize>(std::min<uint64_t>(left, buffer.size())));
      if (in.gcount() <= 0)
        throw Error(other.path_.string(), "the file can't be read again", "Check the disk.");
      write(std::string_view(buffer).substr(0, static_cast<size_t>(in.gcount())));
      left -= static_cast<uint64_t>(in.gcount());
    }
  }
  void flush() { out_.flush(), check(); }
  // Overwrites the first bytes with `start` and gives the file its name.
  void keep_as(const fs::path& path, std::string_view start) {
    out_.seekp(0);
    out_.write(start.data(), static_cast<std::streamsize>(start.size()));
    out_.close();
    check();
    std::error_code error;
    fs::rename(path_, path, error);
    if (error) throw Error(path.string(), "the file can't be written: " + error.message());
    kept_ = true;
  }

 private:
  void check() const {
    if (!out_)
      throw Error(path_.string(), fmt::format("the file can't be written: {}", std::strerror(errno)));
  }

  const fs::path path_;
  std::ofstream out_;
  uint64_t size_ = 0;
  bool kept_ = false;
};

class Packer {
 public:
  Packer(const fs::path& fasta, const fs::path& output)
      : fasta_(fasta), output_(output), file_(part(".part")), headers_(part(".headers")), text_(fasta) {}

  PackedCounts pack(const std::function<void(double)>& progress) {
    file_.write(bytes_of(header_));
    while (read_records()) {
      decode_records(block_, first_, end_, refuse_);
      for (size_t at = 0; at < block_.targets.size(); ++at) add(block_.targets[at], block_.headers[at]);
      lines_ +=
          static_cast<uint64_t>(std::count(block_.text.begin() + first_, block_.text.begin() + end_, '\n'));
      progress(text_.size() > 0 ? static_cast<double>(text_.position()) / static_cast<double>(text_.size())
                                : 1.0);
    }
    end_block();
    finish();
    return {header_.sequences, header_.residues};
  }

 private:
  fs::path part(const char* suffix) const { return output_.string() + suffix + std::to_string(::getpid()); }

  // Reads whole records into the block's text; false at the end.
  bool read_records() {
    std::string& text = block_.text;
    text = std::move(rest_);
    rest_.clear();
    first_ = 0;
    while (text_.read(kTextPiece, text)) {
      const size_t cut = text.rfind("\n>");
      if (cut == std::string::npos || cut == 0) continue;
      rest_ = text.substr(cut + 1);
      text.resize(cut + 1);
      break;
    }
    end_ = text.size();
    if (started_ || end_ == 0) return finish_text();
    const size_t first = begin_of_records(text, refuse_);
    if (first == end_) return false;
    lines_ += static_cast<uint64_t>(std::count(text.begin(), text.begin() + first, '\n'));
    first_ = first;
    started_ = true;
    return finish_text();
  }

  bool finish_text() {
    block_.text.resize(end_ + kTextSlack);
    return end_ > 0;
  }

  [[noreturn]] void fail(size_t at, std::string_view header, const std::string& what, const char* fix) const {
    const auto line = lines_ + static_cast<uint64_t>(
                                   std::count(block_.text.begin() + first_, block_.text.begin() + at, '\n'));
    refuse_line(fasta_, line, header, what, fix);
  }

  void add(Target codes, std::string_view header) {
    if (!lengths_.empty() && codes_.size() + codes.size() > kBlockCodes) end_block();
    lengths_.push_back(static_cast<uint32_t>(codes.size()));
    codes_.append(reinterpret_cast<const char*>(codes.data()), codes.size());
    lines_of_block_.append(header.substr(0, header.find('\r'))).push_back('\n');
    header_.residues += codes.size();
    ++header_.sequences;
    if (lengths_.size() == kBlockCodes) end_block();
  }

  void end_block() {
    if (lengths_.empty()) return;
    file_.fill_up();
    std::string content(reinterpret_cast<const char*>(lengths_.data()), lengths_.size() * sizeof(uint32_t));
    content.resize(aligned(content.size()), '\0');
    content += codes_;
    table_.push_back({file_.size(), headers_.size(), static_cast<uint32_t>(lengths_.size()),
                      static_cast<uint32_t>(codes_.size()), lines_of_block_.size(), checksum(content),
                      checksum(lines_of_block_)});
    file_.write(content);
    headers_.write(lines_of_block_);
    lengths_.clear(), codes_.clear(), lines_of_block_.clear();
  }

  void finish() {
    if (header_.sequences == 0)
      throw Error(fasta_.string(), "the file holds no sequence", "Give a FASTA file of proteins.");
    file_.fill_up();
    headers_.flush();
    header_.headers_offset = file_.size();
    file_.append(headers_);
    file_.fill_up();
    const std::string_view table(reinterpret_cast<const char*>(table_.data()),
                                 table_.size() * sizeof(BlockEntry));
    header_.blocks = table_.size();
    header_.table_offset = file_.size();
    header_.table_checksum = checksum(table);
    file_.write(table);
    header_.file_bytes = file_.size();
    header_.checksum = header_checksum(header_);
    file_.keep_as(output_, bytes_of(header_));
  }

  const fs::path fasta_, output_;
  NewFile file_, headers_;
  TextStream text_;
  FileHeader header_;
  std::vector<BlockEntry> table_;
  TargetBlock block_;
  std::string rest_;
  size_t first_ = 0, end_ = 0;
  bool started_ = false;
  uint64_t lines_ = 1;  // of the first record in the block's text
  std::vector<uint32_t> lengths_;
  std::string codes_, lines_of_block_;
  const Refuse refuse_ = [this](size_t at, std::string_view header, const std::string& what,
                                const char* fix) { fail(at, header, what, fix); };
};

}  // namespace

bool is_packed(const fs::path& file) {
  std::array<char, kMagic.size()> start{};
  std::ifstream in(file, std::ios::binary);
  return in.read(start.data(), start.size()) && start == kMagic;
}

PackedCounts pack_fasta(const fs::path& fasta, const fs::path& output,
                        const std::function<void(double)>& progress) {
  return Packer(fasta, output).pack(progress);
}

struct PackedSource::Layout {
  explicit Layout(const fs::path& path) : file(path) {}

  MappedFile file;
  FileHeader header;
  PackedCounts counts;
  std::vector<BlockEntry> table;
  std::atomic<size_t> next_block = 0;
};

PackedSource::PackedSource(const fs::path& file) : file_(file), layout_(std::make_unique<Layout>(file)) {
  Layout& l = *layout_;
  const std::string_view bytes = l.file.bytes();
  if (bytes.size() < sizeof l.header || std::memcmp(bytes.data(), kMagic.data(), kMagic.size()) != 0)
    refuse("the file is not a packed database");
  std::memcpy(&l.header, bytes.data(), sizeof l.header);
  const FileHeader& h = l.header;
  if (h.version != kVersion || h.code_bits != kCodeBits)
    refuse(fmt::format("the file has version {} with codes of {} bits, which this pleat does not read",
                       h.version, h.code_bits));
  if (h.checksum != header_checksum(h)) refuse("the file's header is damaged");
  if (h.file_bytes != bytes.size())
    refuse(fmt::format("the file has {} bytes instead of {}: it is truncated", bytes.size(), h.file_bytes));
  if (h.table_offset > bytes.size() || (bytes.size() - h.table_offset) / sizeof(BlockEntry) < h.blocks)
    refuse("the file's table is damaged");
  const std::string_view table = bytes.substr(h.table_offset, h.blocks * sizeof(BlockEntry));
  if (checksum(table) != h.table_checksum) refuse("the file's table is damaged");
  l.table.resize(h.blocks);
  std::memcpy(l.table.data(), table.data(), table.size());
  l.counts = {h.sequences, h.residues};
}

PackedSource::~PackedSource() = default;

const PackedCounts& PackedSource::counts() const { return layout_->counts; }
uint64_t PackedSource::bytes() const { return layout_->file.bytes().size(); }

void PackedSource::refuse(const std::string& what) const {
  throw Error(file_.string(), what, "Pack the database again with pleat db pack.");
}

bool PackedSource::next(TargetBlock& block) {
  Layout& l = *layout_;
  const size_t at = l.next_block.fetch_add(1, std::memory_order_relaxed);
  if (at >= l.table.size()) return false;
  const BlockEntry& entry = l.table[at];
  const std::string_view bytes = l.file.bytes();
  const size_t before = aligned(size_t{entry.targets} * sizeof(uint32_t));
  const size_t count = before + entry.code_bytes;
  const auto damaged = [&] { refuse(fmt::format("block {} of the file is damaged", at)); };
  if (entry.offset > bytes.size() || bytes.size() - entry.offset < count) damaged();
  const std::string_view content = bytes.substr(entry.offset, count);
  if (checksum(content) != entry.checksum) damaged();
  const std::string_view codes = content.substr(before);
  uint8_t most = 0;
  for (const char code : codes) most = std::max(most, static_cast<uint8_t>(code));
  if (most >= kCodes) damaged();
  block.targets.clear();
  block.ordinal = at;
  block.residues = codes.size();
  size_t from = 0;
  for (uint32_t t = 0; t < entry.targets; ++t) {
    uint32_t length = 0;
    std::memcpy(&length, content.data() + t * sizeof length, sizeof length);
    if (length > kLongestTarget || length > codes.size() - from) damaged();
    block.targets.push_back({reinterpret_cast<const uint8_t*>(codes.data()) + from, length});
    from += length;
  }
  if (from != codes.size()) damaged();
  return true;
}

std::string_view PackedSource::headers_of(size_t block) const {
  const Layout& l = *layout_;
  const BlockEntry& entry = l.table[block];
  const std::string_view area =
      l.file.bytes().substr(std::min<size_t>(l.header.headers_offset, l.file.bytes().size()));
  const bool inside =
      entry.headers_offset <= area.size() && area.size() - entry.headers_offset >= entry.header_bytes;
  const std::string_view lines = inside ? area.substr(entry.headers_offset, entry.header_bytes) : "";
  if (!inside || checksum(lines) != entry.headers_checksum ||
      std::count(lines.begin(), lines.end(), '\n') != static_cast<ptrdiff_t>(entry.targets))
    refuse(fmt::format("the names in block {} of the file are damaged", block));
  return lines;
}

void PackedSource::check_headers(const TargetBlock& block) const { headers_of(block.ordinal); }

std::string_view PackedSource::header(const TargetBlock& block, size_t at) const {
  std::string_view lines = headers_of(block.ordinal);
  for (; at > 0; --at) lines.remove_prefix(lines.find('\n') + 1);
  return lines.substr(0, lines.find('\n'));
}

std::unique_ptr<TargetSource> open_targets(const fs::path& file) {
  if (is_packed(file)) return std::make_unique<PackedSource>(file);
  return std::make_unique<FastaSource>(file);
}

}  // namespace pleat::profile
