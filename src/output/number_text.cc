// Numbers to text.
#include "output/number_text.h"

#include <fmt/format.h>

#include <charconv>
#include <cmath>

namespace pleat::output {

std::string python_repr(double value) {
  if (std::isnan(value)) return "nan";
  if (std::isinf(value)) return value > 0 ? "inf" : "-inf";
  const double magnitude = std::abs(value);
  const bool fixed = magnitude == 0 || (magnitude >= 1e-4 && magnitude < 1e16);
  char buffer[64];
  const auto format = fixed ? std::chars_format::fixed : std::chars_format::scientific;
  const auto [end, error] = std::to_chars(buffer, buffer + sizeof buffer, value, format);
  std::string text(buffer, end);
  if (fixed && text.find('.') == std::string::npos) text += ".0";
  return text;
}

std::string fixed_text(double value, int decimals) { return fmt::format("{:.{}f}", value, decimals); }

double round_2_decimals(double value) { return std::nearbyint(value * 100) / 100; }

}  // namespace pleat::output
