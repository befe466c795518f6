// Text of others on the user's terminal.
#pragma once

#include <string>
#include <string_view>

namespace pleat {

// `text` in one line that changes no terminal: "\n" becomes a space, every other control character (U+0000 to
// U+001F, U+007F to U+009F) its JSON escape, "\u001b".
std::string printable(std::string_view text);

// Whether the byte is not the first one of its UTF-8 character.
constexpr bool continues_character(char byte) { return (byte & 0xC0) == 0x80; }

// `text`, of which at most `longest` bytes are kept and "..." follows where there are more; no UTF-8
// character is cut.
std::string shortened(std::string_view text, size_t longest);

}  // namespace pleat
