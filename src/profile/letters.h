// Codes of the letters of FASTA text, many at a time.
#pragma once

#include <cstddef>
#include <cstdint>

namespace pleat::profile {

// How much a decoder may read and write beyond what it is given.
inline constexpr size_t kDecodeSlack = 64;

struct Decoded {
  size_t read, written;
};

// Codes of the letters from `text` on, over ends of lines and white space, up to the first byte that is none
// of these, a '>' that begins a line, or `count` bytes.
Decoded decode_letters(const char* text, size_t count, uint8_t* codes);

}  // namespace pleat::profile
