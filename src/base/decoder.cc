#include "base/decoder.h"

#include <lzma.h>
#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <cstdint>

namespace pleat {
namespace {

class Plain : public Decoder {
 public:
  const char* format() const override { return nullptr; }
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
  const char* format() const override { return "gzip"; }
  bool decode(std::string_view& in, char*& out, size_t& room, bool) override {
    if (ended_ && !in.empty()) good_ = good_ && inflateReset(&z_) == Z_OK, ended_ = false;
    if (!good_ || in.empty()) return good_;
    z_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(in.data()));
    z_.avail_in = at_a_time(in.size());
    z_.next_out = reinterpret_cast<Bytef*>(out);
    z_.avail_out = at_a_time(room);
    const int status = inflate(&z_, Z_NO_FLUSH);
    in.remove_prefix(static_cast<size_t>(reinterpret_cast<const char*>(z_.next_in) - in.data()));
    const auto count = static_cast<size_t>(reinterpret_cast<char*>(z_.next_out) - out);
    out += count, room -= count;
    ended_ = status == Z_STREAM_END;
    return status == Z_OK || status == Z_STREAM_END || status == Z_BUF_ERROR;
  }

 private:
  // zlib counts in 32 bits.
  static uInt at_a_time(size_t bytes) { return static_cast<uInt>(std::min<size_t>(bytes, 1u << 30)); }

  z_stream z_{};
  bool good_ = false;
};

class Xz : public Decoder {
 public:
  Xz() { good_ = lzma_stream_decoder(&z_, UINT64_MAX, LZMA_CONCATENATED) == LZMA_OK; }
  ~Xz() override { lzma_end(&z_); }
  const char* format() const override { return "xz"; }
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
  const char* format() const override { return "zstd"; }
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

}  // namespace

std::unique_ptr<Decoder> decoder_for(std::string_view start) {
  using namespace std::string_view_literals;
  if (start.starts_with("\x1f\x8b"sv)) return std::make_unique<Gzip>();
  if (start.starts_with("\xfd\x37\x7a\x58\x5a\x00"sv)) return std::make_unique<Xz>();
  if (start.starts_with("\x28\xb5\x2f\xfd"sv)) return std::make_unique<Zstd>();
  return std::make_unique<Plain>();
}

}  // namespace pleat
