// ASCII text: letters, case and white space, independent of the locale.
#pragma once

#include <string>
#include <string_view>

namespace pleat {

constexpr bool is_lower(char c) { return c >= 'a' && c <= 'z'; }
constexpr bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }
constexpr bool is_letter(char c) { return is_lower(c) || is_upper(c); }
constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }

constexpr char lower_case(char c) { return is_upper(c) ? static_cast<char>(c - 'A' + 'a') : c; }
constexpr char upper_case(char c) { return is_lower(c) ? static_cast<char>(c - 'a' + 'A') : c; }
std::string lower_case(std::string text);
std::string upper_case(std::string text);

constexpr std::string_view kWhiteSpace = " \t\n\v\f\r";
// `text` without white space on both sides.
std::string_view stripped(std::string_view text);

constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";
// `text` without a UTF-8 byte order mark at its start.
std::string_view without_byte_order_mark(std::string_view text);

}  // namespace pleat
