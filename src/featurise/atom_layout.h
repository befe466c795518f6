// Lists of atom identities, and the index arrays that carry values from one list to another.
// docs/specs/featurisation.md, section 8.
#pragma once

#include <string>
#include <vector>

#include "featurise/batch.h"

namespace pleat::featurise {

// Which atom an element of a layout is. A blank slot of a token has the token's chain and residue and an
// empty name; padding is {-1, 0, ""}.
struct AtomId {
  int chain = -1;   // index of the chain (asym_id - 1)
  int residue = 0;  // residue id, 1-based
  std::string name;
  bool operator==(const AtomId&) const = default;
  bool blank() const { return name.empty(); }
};

struct AtomIdHash {
  size_t operator()(const AtomId& id) const;
};

// Atom identities in a row-major shape.
struct AtomLayout {
  Shape shape;
  std::vector<AtomId> atoms;

  // The same with padding appended along the first axis, which has at most `rows`.
  AtomLayout padded(int64_t rows) const;
};

// For every target element the index of the source element of the same identity (of several the last one)
// and mask 1; index and mask 0 where the source has none. Padding is an identity like any other: it finds
// the last padding element of a padded source.
Gather compute_gather(const AtomLayout& source, const AtomLayout& target);

}  // namespace pleat::featurise
