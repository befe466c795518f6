// A file's text from its beginning to its end in bounded memory, decompressed where it is gzip, xz or zstd.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "base/file.h"

namespace pleat {

class TextStream {
 public:
  // Throws Error naming the file when it can't be read.
  explicit TextStream(const fs::path& file);
  ~TextStream();

  // Appends up to `count` more bytes of the text; false at its end. Throws Error naming the file where it
  // can't be read, or its compressed stream is damaged or cut.
  bool read(size_t count, std::string& text);

  // Bytes of the file that have been read, of all that it has, for progress.
  uint64_t position() const;
  uint64_t size() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace pleat
