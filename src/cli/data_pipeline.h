// The data pipeline as far as it needs no search: what it makes of inputs that bring their MSAs and templates
// along.
#pragma once

#include "input/fold_input.h"

namespace pleat::cli {

// As the reference's pipeline leaves a complete input: an empty MSA becomes the query alone
// (">query\nSEQUENCE\n"), and sequences of proteins and RNA are written in the one-letter codes of their
// residues, modifications included (X and N where there is none). Throws Error naming chain and field where
// something would have to be searched for.
FoldInput complete_without_search(FoldInput input);

}  // namespace pleat::cli
