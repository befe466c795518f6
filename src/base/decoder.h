// Decompression of gzip, xz and zstd, some bytes at a time.
#pragma once

#include <cstddef>
#include <memory>
#include <string_view>

namespace pleat {

// Turns input into text.
class Decoder {
 public:
  virtual ~Decoder() = default;
  // The format's name; nullptr for uncompressed text.
  virtual const char* format() const = 0;
  // Decodes some of `in` into at most `room` bytes at `out`, and advances all three. `last`: nothing follows
  // `in`. Returns false for damaged input. If nothing advances, the decoder needs more input or is at the
  // end.
  virtual bool decode(std::string_view& in, char*& out, size_t& room, bool last) = 0;
  // Whether the input may end here.
  bool ended() const { return ended_; }

 protected:
  bool ended_ = false;
};

// The decoder for the first bytes of an input.
std::unique_ptr<Decoder> decoder_for(std::string_view start);

}  // namespace pleat
