// The two confidence files of a sample. docs/specs/outputs.md, sections 3.1, 3.2.
#pragma once

#include <span>
#include <string>

#include "featurise/structure_layout.h"
#include "output/confidences.h"

namespace pleat::output {

// NAME_summary_confidences.json: sorted keys, indent 1, numbers rounded to two decimals, NaN as null.
// chain_ids has one entry per token.
std::string summary_confidences_json(const Confidences& confidences,
                                     const featurise::StructureLayout& layout);

// NAME_confidences.json: one line per key. plddts parallel to layout.atoms; contact_probs and pae [n, n].
// Clamps pLDDT to 0..99.99, PAE to 0..99.9 Angstrom (one decimal), probabilities to 0..1. Two decimals lose
// one trailing zero; halves round away from zero; NaN is null.
std::string confidences_json(const featurise::StructureLayout& layout, std::span<const float> plddts,
                             std::span<const float> contact_probs, std::span<const float> pae);

}  // namespace pleat::output
