// A network of sizes of its own.
#pragma once

#include <string>

#include "weights/network_sizes.h"

namespace pleat::weights::test {

// No size is another's or the official network's. What is multiplied most is smallest, so that tests are
// fast.
inline NetworkSizes other_sizes() {
  NetworkSizes sizes;
  int64_t next = 2;
  const auto number = [&](const std::string& name) {
    int64_t& size = weights::size_named(sizes, name);
    if (size != 0) return;
    if (next == weights::size_named(weights::official_sizes(), name)) ++next;
    size = next++;
  };
  for (const std::string last : {"transformer.blocks", "blocks", "heads", "head_width", ""})
    for (const std::string& name : weights::size_names())
      if (name.ends_with(last)) number(name);
  return sizes;
}

}  // namespace pleat::weights::test
