// Reads a file's text from start to end in bounded memory; decompresses gzip, xz and zstd.
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

  // Appends up to `count` more bytes of the text; false at its end. Throws Error naming the file when it is
  // unreadable, or its compressed stream is damaged or truncated.
  bool read(size_t count, std::string& text);

  // The bytes read so far, and all bytes of the file, for progress.
  uint64_t position() const;
  uint64_t size() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace pleat
