// What a job says without effect on its prediction. AlphaFold 3 leaves the same out, without a word.
#pragma once

#include <span>

#include "base/error.h"
#include "chem/ccd.h"
#include "input/fold_input.h"

namespace pleat::featurise {

// Where the parts of a job stand, for warnings.
struct JobPlaces {
  const Place& job;               // its root
  std::span<const Place> chains;  // the entity of each chain; copies share one
};

// Warns of
// - bonds that the network does not see: within a residue, to hydrogen, between polymers, to a chain that is not
//   predicted, and one that repeats another from its other end;
// - modifications: all but the last one of a position; components that lack the backbone of their polymer;
// - templates: those beyond the fourth, those that map no residue, those of a chain of fewer residues than
//   kShortestWithTemplates, and those of a chain where an identical one comes earlier, whose templates serve both;
// - components of the job's own that no chain uses.
// The job's structure has no problems.
void check_unseen(const input::FoldInput& input, const chem::Ccd& ccd, const JobPlaces& places,
                  Findings& found);

}  // namespace pleat::featurise
