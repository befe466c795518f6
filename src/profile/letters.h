// Decodes the letters of FASTA text, many at a time.
#pragma once

#include <cstddef>
#include <cstdint>

namespace pleat::profile {

// Bytes that the decoder may read and write beyond its arguments.
inline constexpr size_t kDecodeSlack = 64;

struct Decoded {
  size_t read, written;
};

// Codes of the letters from `text`, skipping line ends and white space. Stops at any other byte, at a '>'
// that begins a line, or after `count` bytes.
Decoded decode_letters(const char* text, size_t count, uint8_t* codes);

}  // namespace pleat::profile
