#include "base/text_stream.h"

#include <lzma.h>
#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <fstream>
#include <string_view>

#include "base/error.h"

namespace pleat {
namespace {

// Turns input into text. Both advance; `ended` is set where the stream may end.
class Decoder {
 public:
  virtual ~Decoder() = default;
  // False where the input is damaged.
  virtual bool decode(std::string_view& in, char*& out, size_t& room, bool last) = 0;
  bool ended() const { return ended_; }

 protected:
  bool ended_ = false;
};

class Plain : public Decoder {
 public:
  bool decode(std::string_view& in, char*& out, size_t& room, bool) override {
    const size_t count = std::min(in.size(), room);
    in.copy(out, count);
    in.remove_prefix(count), out += count, room -= count;
    ended_ = true;
    return true;
  }
};

class Gzip : public Decoder {
 public:
  Gzip() { good_ = inflateInit2(&z_, 15 + 16) == Z_OK; }
  ~Gzip() override { inflateEnd(&z_); }
  bool decode(std::string_view& in, char*& out, size_t& room, bool) override {
    if (ended_ && !in.empty()) good_ = good_ && inflateReset(&z_) == Z_OK, ended_ = false;
    if (!good_ || in.empty()) return good_;
    z_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(in.data()));
    z_.avail_in = static_cast<uInt>(in.size());
    z_.next_out = reinterpret_cast<Bytef*>(out);
    z_.avail_out = static_cast<uInt>(room);
    const int status = inflate(&z_, Z_NO_FLUSH);
    in.remove_prefix(in.size() - z_.avail_in);
    out += room - z_.avail_out, room = z_.avail_out;
    ended_ = status == Z_STREAM_END;
    return status == Z_OK || status == Z_STREAM_END || status == Z_BUF_ERROR;
  }

 private:
  z_stream z_{};
  bool good_ = false;
};

class Xz : public Decoder {
 public:
  Xz() { good_ = lzma_stream_decoder(&z_, UINT64_MAX, LZMA_CONCATENATED) == LZMA_OK; }
  ~Xz() override { lzma_end(&z_); }
  bool decode(std::string_view& in, char*& out, size_t& room, bool last) override {
    if (!good_ || ended_) return good_ && in.empty();
    z_.next_in = reinterpret_cast<const uint8_t*>(in.data());
    z_.avail_in = in.size();
    z_.next_out = reinterpret_cast<uint8_t*>(out);
    z_.avail_out = room;
    const lzma_ret status = lzma_code(&z_, last ? LZMA_FINISH : LZMA_RUN);
    in.remove_prefix(in.size() - z_.avail_in);
    out += room - z_.avail_out, room = z_.avail_out;
    ended_ = status == LZMA_STREAM_END;
    return status == LZMA_OK || status == LZMA_STREAM_END || (status == LZMA_BUF_ERROR && !last);
  }

 private:
  lzma_stream z_ = LZMA_STREAM_INIT;
  bool good_ = false;
};

class Zstd : public Decoder {
 public:
  ~Zstd() override { ZSTD_freeDCtx(context_); }
  bool decode(std::string_view& in, char*& out, size_t& room, bool) override {
    ZSTD_inBuffer input{in.data(), in.size(), 0};
    ZSTD_outBuffer output{out, room, 0};
    const size_t status = ZSTD_decompressStream(context_, &output, &input);
    if (ZSTD_isError(status)) return false;
    if (input.pos > 0 || output.pos > 0) ended_ = status == 0;
    in.remove_prefix(input.pos);
    out += output.pos, room -= output.pos;
    return true;
  }

 private:
  ZSTD_DCtx* context_ = ZSTD_createDCtx();
};

std::unique_ptr<Decoder> decoder_for(std::string_view start) {
  using namespace std::string_view_literals;
  if (start.starts_with("\x1f\x8b"sv)) return std::make_unique<Gzip>();
  if (start.starts_with("\xfd\x37\x7a\x58\x5a\x00"sv)) return std::make_unique<Xz>();
  if (start.starts_with("\x28\xb5\x2f\xfd"sv)) return std::make_unique<Zstd>();
  return std::make_unique<Plain>();
}

constexpr size_t kInputBytes = 1 << 18;

}  // namespace

struct TextStream::State {
  fs::path file;
  std::ifstream in;
  uint64_t size = 0, position = 0;
  std::string buffer;
  std::string_view input;  // what is left of the buffer
  std::unique_ptr<Decoder> decoder;

  void refill() {
    if (!input.empty() || !in) return;
    buffer.resize(kInputBytes);
    in.read(buffer.data(), static_cast<std::streamsize>(buffer.size()));
    if (in.bad()) throw Error(file.string(), "the file can't be read to its end", "Check the disk.");
    input = std::string_view(buffer).substr(0, static_cast<size_t>(in.gcount()));
    position += input.size();
  }
};

TextStream::TextStream(const fs::path& file) : state_(std::make_unique<State>()) {
  State& s = *state_;
  s.file = file;
  std::error_code error;
  s.size = fs::file_size(file, error);
  if (!error) s.in.open(file, std::ios::binary);
  if (error || !s.in)
    throw Error(file.string(), "the file can't be opened", "Check the path and its permissions.");
  s.refill();
  s.decoder = decoder_for(s.input);
}

TextStream::~TextStream() = default;

bool TextStream::read(size_t count, std::string& text) {
  State& s = *state_;
  const size_t before = text.size();
  text.resize(before + count);
  char* out = text.data() + before;
  size_t room = count;
  while (room > 0) {
    s.refill();
    const bool last = s.input.empty();
    const size_t left = room + s.input.size();
    if (!s.decoder->decode(s.input, out, room, last) || (last && room == left && !s.decoder->ended()))
      throw Error(s.file.string(), "the compressed file is damaged or cut short", "Download it again.");
    if (last && room == left) break;
  }
  text.resize(before + count - room);
  return text.size() > before;
}

uint64_t TextStream::position() const { return state_->position; }
uint64_t TextStream::size() const { return state_->size; }

}  // namespace pleat
