// A prediction in the terminal.
#pragma once

#include <string>

#include "report/facts.h"

namespace pleat::report {

// What the terminal can show. Plain text is ASCII without colours.
struct ViewStyle {
  bool colour = false;   // of 256
  bool unicode = false;  // block characters
};

// The chains, the table of all samples, the best sample's pLDDT strip of each chain and its PAE map, and what its
// geometry is at odds with. Names and words from files are made printable (base/printable.h).
std::string view_text(const Facts& facts, const ViewStyle& style);

}  // namespace pleat::report
