// FoldInput to Batch: tokens, atom layouts, MSA features, templates, reference conformers.
// docs/specs/featurisation.md; the reference's data/featurisation.py and model/pipeline/pipeline.py.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "chem/ccd.h"
#include "chem/structure_layout.h"
#include "featurise/batch.h"
#include "input/fold_input.h"

namespace pleat::featurise {

struct FeaturiseOptions {
  std::vector<int> buckets = {128,  256,  384,  512,  768,  1024, 1280, 1536,
                              2048, 2560, 3072, 3584, 4096, 4608, 5120};
  std::optional<int> conformer_max_iterations;
  std::string max_template_date = "2021-09-30";
  bool fix_standalone_glycans = false;
  bool resolve_msa_overlaps = true;
};

struct Features {
  Batch batch;
  chem::StructureLayout layout;
};

// Number of padded tokens: the smallest bucket that holds `tokens`, or `tokens` itself when none does. Throws
// Error when buckets are empty or not strictly increasing.
int64_t bucket_size(int64_t tokens, const std::vector<int>& buckets);

// Everything for one seed. `ccd` already holds the job's user CCD. Throws Error naming the chain (and
// residue, row, template) and the fix.
Features featurise(const input::FoldInput& input, const chem::Ccd& ccd, uint32_t seed,
                   const FeaturiseOptions& options);

// The layout alone, for checks and for outputs when the features come from a file. Throws Error for all that
// featurise has against chains and bonds; its place starts with "bondedAtomPairs" where it is about those.
// Several of bonds become `problems`, where there is a list (make_structure).
chem::StructureLayout structure_layout(const input::FoldInput& input, const chem::Ccd& ccd,
                                       const FeaturiseOptions& options,
                                       std::vector<Error>* problems = nullptr);

}  // namespace pleat::featurise
