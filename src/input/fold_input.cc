#include "input/fold_input.h"

namespace pleat {

const std::string& chain_id(const Chain& chain) {
  return std::visit([](const auto& c) -> const std::string& { return c.id; }, chain);
}

std::string FoldInput::sanitised_name() const {
  std::string clean;
  for (const char c : name) {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    const bool digit = c >= '0' && c <= '9';
    if (c == ' ') clean += '_';
    if (letter || digit || c == '_' || c == '-' || c == '.') clean += c;
  }
  return clean;
}

}  // namespace pleat
