// Template features of protein chains. docs/specs/featurisation.md, section 6.
#pragma once

#include "featurise/batch.h"
#include "featurise/tokens.h"
#include "input/fold_input.h"

namespace pleat::featurise {

// In tokens; shorter chains use no templates. Unlike kShortestAligned, counts each token of a modified
// residue.
constexpr int64_t kShortestWithTemplates = 5;

// Fills template_aatype, template_atom_positions and template_atom_mask. Throws Error naming chain and
// template: unreadable mmCIF, an index outside the query or the template.
void fill_templates(const input::FoldInput& input, const Structure& structure, const Tokens& tokens,
                    Batch& batch);

}  // namespace pleat::featurise
