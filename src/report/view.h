// A prediction in the terminal.
#pragma once

#include <string>

#include "report/facts.h"

namespace pleat::report {

// The terminal's abilities. Plain text is ASCII without colours.
struct ViewStyle {
  bool colour = false;   // of 256
  bool unicode = false;  // block characters
};

// The chains, the table of all samples, the best sample's pLDDT strip of each chain, its PAE map, and its
// problems of geometry. Makes text from files printable (base/printable.h).
std::string view_text(const Facts& facts, const ViewStyle& style);

}  // namespace pleat::report
