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
  // Its name; nullptr of text that is not compressed.
  virtual const char* format() const = 0;
  // Turns some of `in` into at most `room` bytes at `out`; all three advance. `last`: nothing follows `in`.
  // False where the input is damaged. Without an advance it needs more input, or it has come to its end.
  virtual bool decode(std::string_view& in, char*& out, size_t& room, bool last) = 0;
  // Whether the input may end here.
  bool ended() const { return ended_; }

 protected:
  bool ended_ = false;
};

// Of the format that the first bytes of the input tell.
std::unique_ptr<Decoder> decoder_for(std::string_view start);

}  // namespace pleat
