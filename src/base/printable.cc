#include "base/printable.h"

#include <fmt/format.h>

namespace pleat {

std::string printable(std::string_view text) {
  constexpr unsigned char kSecondSet = 0xC2;  // the first byte of U+0080 to U+00BF in UTF-8
  std::string line;
  line.reserve(text.size());
  for (size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    const unsigned next = i + 1 < text.size() ? static_cast<unsigned char>(text[i + 1]) : 0;
    if (byte == '\n') {
      line += ' ';
    } else if (byte < 0x20 || byte == 0x7F) {
      line += fmt::format("\\u{:04x}", byte);
    } else if (byte == kSecondSet && next >= 0x80 && next < 0xA0) {
      line += fmt::format("\\u{:04x}", next);
      ++i;
    } else {
      line += text[i];
    }
  }
  return line;
}

std::string shortened(std::string_view text, size_t longest) {
  if (text.size() <= longest) return std::string(text);
  size_t cut = longest;
  while (cut > 0 && continues_character(text[cut])) --cut;
  return std::string(text.substr(0, cut)) + "...";
}

}  // namespace pleat
