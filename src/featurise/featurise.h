// FoldInput to Batch: tokens, atom layouts, MSA features, templates, reference conformers.
// docs/specs/featurisation.md; the reference's data/featurisation.py and model/pipeline/pipeline.py.
#pragma once

#include <memory>
#include <vector>

#include "base/error.h"
#include "base/thread_pool.h"
#include "chem/ccd.h"
#include "featurise/batch.h"
#include "featurise/options.h"
#include "featurise/structure_layout.h"
#include "input/fold_input.h"

namespace pleat::featurise {

// The padded number of tokens: the smallest bucket that holds `tokens`, or `tokens` itself when none does.
// Throws Error when there are no buckets or they do not increase strictly.
int64_t bucket_size(int64_t tokens, const std::vector<int>& buckets);

// The features of all seeds of a job. The constructor makes everything that does not depend on the seed; only
// reference conformers are made per seed.
class JobFeatures {
 public:
  // `ccd` includes the job's user CCD; `ccd` and `pool` must outlive this object. Throws Error naming the
  // chain (and residue, row, template) and the fix.
  JobFeatures(const input::FoldInput& input, const chem::Ccd& ccd, const FeaturiseOptions& options,
              ThreadPool& pool);
  ~JobFeatures();

  const StructureLayout& layout() const { return layout_; }

  // The features of `seed`, valid until the next call. Throws Error as the constructor does.
  const Batch& for_seed(uint32_t seed);

 private:
  struct Molecules;  // the structure and the molecules of its conformers

  FeaturiseOptions options_;
  ThreadPool& pool_;
  std::unique_ptr<Molecules> molecules_;
  StructureLayout layout_;
  Batch batch_;
};

// The layout alone, for outputs when the features come from a file. Throws Error for the problems of chains
// and bonds for which JobFeatures does.
StructureLayout structure_layout(const input::FoldInput& input, const chem::Ccd& ccd,
                                 const FeaturiseOptions& options);

// Warns of residues without reference positions, which only a conformer search can tell (ref_conformers.h). The structure
// has no problems.
void check_reference_positions(const input::FoldInput& input, const chem::Ccd& ccd,
                               const FeaturiseOptions& options, Findings& found);

// Finds these problems.
void check_structure(const input::FoldInput& input, const chem::Ccd& ccd, const FeaturiseOptions& options,
                     Findings& found);

}  // namespace pleat::featurise
