// The windows of the local atom attention: 32 query atoms each, and the 128 key atoms around them.
// docs/specs/featurisation.md, section 8.
#pragma once

#include "featurise/batch.h"
#include "featurise/tokens.h"

namespace pleat::featurise {

// The first key of window `window` among `atoms` real atoms. The keys are centred on the window's queries,
// then shifted right to start at 0, or left to end with the last real atom. Below 128 atoms the result may be
// negative: such indices count from the end of the padded list.
int64_t first_key(int64_t window, int64_t atoms);

// The five gathers between token atoms, queries and keys, for tokens padded to `bucket`.
void fill_atom_windows(const Tokens& tokens, int64_t bucket, Batch& batch);

}  // namespace pleat::featurise
