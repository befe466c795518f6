#include "base/text.h"

namespace pleat {

std::string lower_case(std::string text) {
  for (char& c : text) c = lower_case(c);
  return text;
}

std::string upper_case(std::string text) {
  for (char& c : text) c = upper_case(c);
  return text;
}

std::string_view stripped(std::string_view text) {
  const size_t first = text.find_first_not_of(kWhiteSpace);
  if (first == text.npos) return {};
  return text.substr(first, text.find_last_not_of(kWhiteSpace) - first + 1);
}

std::string_view without_byte_order_mark(std::string_view text) {
  if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
  return text;
}

}  // namespace pleat
