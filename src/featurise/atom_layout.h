// Lists of atom identities, and index arrays that copy values from one list to another.
// docs/specs/featurisation.md, section 8.
#pragma once

#include <string>
#include <vector>

#include "featurise/batch.h"

namespace pleat::featurise {

// The identity of one atom of a layout. A blank slot of a token has the token's chain and residue and an
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

  // The same, padded to `rows` along the first axis.
  AtomLayout padded(int64_t rows) const;
};

// For every target element: the index of the last source element of the same identity and mask 1, or index
// and mask 0 when the source has none. Padding counts as an identity: it finds the last padding element of
// the source.
Gather compute_gather(const AtomLayout& source, const AtomLayout& target);

}  // namespace pleat::featurise
