#include "featurise/featurise.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "featurise/atom_windows.h"
#include "featurise/bonds.h"
#include "featurise/frames.h"
#include "featurise/msa_features.h"
#include "featurise/ref_conformers.h"
#include "featurise/structure.h"
#include "featurise/templates.h"
#include "featurise/token_features.h"
#include "featurise/tokens.h"
#include "input/read_input.h"

namespace pleat::featurise {
namespace {

constexpr uint32_t kFrameSeed = 12312837;  // of the conformers that decide about frames
constexpr int64_t kSmallestBucket = 5;     // tokens whose atom slots hold one window of 128 keys

void check_finite(const Tensor<float>& values, const std::string& name) {
  for (float value : values.values()) {
    if (!std::isfinite(value)) throw Error("feature " + name, "it has values that are not finite");
  }
}

void fill_conformers(const Structure& structure, const Tokens& tokens, uint32_t seed,
                     const FeaturiseOptions& options, Batch& batch) {
  const MoleculeCache molecules(structure);
  const ConformerSettings random{seed, options.conformer_max_iterations, options.max_template_date, false};
  fill_reference(structure, tokens, reference_conformers(structure, tokens, molecules, random), batch);
  const ConformerSettings fixed{kFrameSeed, std::nullopt, options.max_template_date, true};
  fill_frames(structure, tokens, reference_conformers(structure, tokens, molecules, fixed), batch);
}

}  // namespace

int64_t bucket_size(int64_t tokens, const std::vector<int>& buckets) {
  const auto not_rising = std::adjacent_find(buckets.begin(), buckets.end(), std::greater_equal<>());
  if (buckets.empty() || not_rising != buckets.end()) {
    throw Error("buckets",
                buckets.empty() ? "there are none"
                                : std::to_string(not_rising[1]) + " follows " + std::to_string(not_rising[0]),
                "Give at least one size, in strictly rising order");
  }
  const auto bucket = std::lower_bound(buckets.begin(), buckets.end(), tokens);
  const int64_t size = bucket == buckets.end() ? tokens : *bucket;
  if (size < kSmallestBucket) {
    throw Error("buckets", std::to_string(size) + " tokens are fewer than a window of the network needs",
                "Give a bucket of at least " + std::to_string(kSmallestBucket));
  }
  return size;
}

Features featurise(const input::FoldInput& input, const chem::Ccd& ccd, uint32_t seed,
                   const FeaturiseOptions& options) {
  input::require_complete(input);
  const Structure structure = make_structure(input, ccd, options);
  const Tokens tokens = tokenise(structure);

  Features features;
  features.layout = make_structure_layout(structure, tokens);
  Batch& batch = features.batch;
  batch.tokens = tokens.size();
  batch.bucket = bucket_size(batch.tokens, options.buckets);
  fill_atom_windows(tokens, batch.bucket, batch);
  fill_token_features(structure, tokens, batch);
  fill_msa(input, structure, tokens, options.resolve_msa_overlaps, batch);
  fill_templates(input, structure, tokens, batch);
  fill_conformers(structure, tokens, seed, options, batch);
  fill_bonds(structure, tokens, batch.bucket, batch);
  fill_pseudo_beta(structure, tokens, batch.bucket, batch);
  check_finite(batch.ref_pos, "ref_pos");
  check_finite(batch.template_atom_positions, "template_atom_positions");
  return features;
}

chem::StructureLayout structure_layout(const input::FoldInput& input, const chem::Ccd& ccd,
                                       const FeaturiseOptions& options, std::vector<Error>* problems) {
  const Structure structure = make_structure(input, ccd, options, problems);
  const Tokens tokens = tokenise(structure);
  Batch bonds;
  fill_bonds(structure, tokens, bucket_size(tokens.size(), options.buckets), bonds);
  return make_structure_layout(structure, tokens);
}

}  // namespace pleat::featurise
