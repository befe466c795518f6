// Makes untrusted text safe to print.
#pragma once

#include <string>
#include <string_view>

namespace pleat {

// `text` in one line without control characters: "\n" becomes a space, every other one (U+0000 to U+001F,
// U+007F to U+009F) its JSON escape, "\u001b".
std::string printable(std::string_view text);

// Whether the byte is not the first one of its UTF-8 character.
constexpr bool continues_character(char byte) { return (byte & 0xC0) == 0x80; }

// The first `longest` bytes of `text` at most, with "..." if there are more. Keeps UTF-8 characters whole.
std::string shortened(std::string_view text, size_t longest);

}  // namespace pleat
