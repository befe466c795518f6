#include "base/text_stream.h"

#include <algorithm>
#include <fstream>
#include <string_view>

#include "base/decoder.h"
#include "base/error.h"

namespace pleat {
namespace {

constexpr size_t kInputBytes = 1 << 18;

}  // namespace

struct TextStream::State {
  fs::path file;
  std::ifstream in;
  uint64_t size = 0, position = 0;
  std::string buffer;
  std::string_view input;  // the unread part of the buffer
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
      throw Error(s.file.string(), "the compressed file is damaged or truncated", "Download it again.");
    if (last && room == left) break;
  }
  text.resize(before + count - room);
  return text.size() > before;
}

uint64_t TextStream::position() const { return state_->position; }
uint64_t TextStream::size() const { return state_->size; }

}  // namespace pleat
