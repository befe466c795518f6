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

constexpr uint32_t kFrameSeed = 12312837;  // of the conformers that decide which tokens have frames
constexpr int64_t kSmallestBucket = 5;     // tokens whose atom slots hold one window of 128 keys

void check_finite(const Tensor<float>& values, const std::string& name) {
  for (float value : values.values()) {
    if (!std::isfinite(value)) throw Error("feature " + name, "the feature has values that are not finite");
  }
}

// Throws Error when there are too many bonds.
void check_bond_count(const Structure& structure, const Tokens& tokens, const FeaturiseOptions& options) {
  token_bonds(structure, tokens, bucket_size(tokens.size(), options.buckets));
}

}  // namespace

int64_t bucket_size(int64_t tokens, const std::vector<int>& buckets) {
  const auto not_rising = std::adjacent_find(buckets.begin(), buckets.end(), std::greater_equal<>());
  if (buckets.empty() || not_rising != buckets.end()) {
    throw Error("buckets",
                buckets.empty() ? "the list is empty"
                                : std::to_string(not_rising[1]) + " follows " + std::to_string(not_rising[0]),
                "Give at least one size, in strictly increasing order.");
  }
  const auto bucket = std::lower_bound(buckets.begin(), buckets.end(), tokens);
  const int64_t size = bucket == buckets.end() ? tokens : *bucket;
  if (size < kSmallestBucket) {
    throw Error("buckets", std::to_string(size) + " tokens are too few for an attention window",
                "Give a bucket of at least " + std::to_string(kSmallestBucket) + ".");
  }
  return size;
}

struct JobFeatures::Molecules {
  Structure structure;
  Tokens tokens;
  MoleculeCache cache;

  Molecules(Structure made, const std::optional<fs::path>& failures)
      : structure(std::move(made)), tokens(tokenise(structure)), cache(structure, failures) {}

  std::vector<ReferenceResidue> conformers(const ConformerSettings& settings, ThreadPool& pool) {
    return reference_conformers(structure, tokens, cache, settings, pool);
  }
};

JobFeatures::JobFeatures(const input::FoldInput& input, const chem::Ccd& ccd, const FeaturiseOptions& options,
                         ThreadPool& pool)
    : options_(options), pool_(pool) {
  input::require_complete(input);
  Findings found;
  molecules_ =
      std::make_unique<Molecules>(make_structure(input, ccd, options, found), options.conformer_failures);
  found.raise();
  const Structure& structure = molecules_->structure;
  const Tokens& tokens = molecules_->tokens;
  layout_ = make_structure_layout(structure, tokens);
  batch_.tokens = tokens.size();
  batch_.bucket = bucket_size(batch_.tokens, options.buckets);
  fill_atom_windows(tokens, batch_.bucket, batch_);
  fill_token_features(structure, tokens, batch_);
  fill_msa(input, structure, tokens, options.resolve_msa_overlaps, batch_);
  fill_templates(input, structure, tokens, batch_);
  const ConformerSettings fixed{kFrameSeed, std::nullopt, options.max_template_date, true,
                                options.conformer_timeout};
  fill_frames(structure, tokens, molecules_->conformers(fixed, pool), batch_);
  fill_bonds(token_bonds(structure, tokens, batch_.bucket), tokens, batch_.bucket, batch_);
  fill_pseudo_beta(structure, tokens, batch_.bucket, batch_);
  check_finite(batch_.template_atom_positions, "template_atom_positions");
}

JobFeatures::~JobFeatures() = default;

const Batch& JobFeatures::for_seed(uint32_t seed) {
  const ConformerSettings random{seed, options_.conformer_max_iterations, options_.max_template_date, false,
                                 options_.conformer_timeout};
  fill_reference(molecules_->structure, molecules_->tokens, molecules_->conformers(random, pool_), batch_);
  check_finite(batch_.ref_pos, "ref_pos");
  return batch_;
}

StructureLayout structure_layout(const input::FoldInput& input, const chem::Ccd& ccd,
                                 const FeaturiseOptions& options) {
  Findings found;
  const Structure structure = make_structure(input, ccd, options, found);
  found.raise();
  const Tokens tokens = tokenise(structure);
  check_bond_count(structure, tokens, options);
  return make_structure_layout(structure, tokens);
}

void check_reference_positions(const input::FoldInput& input, const chem::Ccd& ccd,
                               const FeaturiseOptions& options, Findings& found) {
  Findings problems;
  const Structure structure = make_structure(input, ccd, options, problems);
  const ConformerSettings settings{kFrameSeed, options.conformer_max_iterations, options.max_template_date,
                                   false, options.conformer_timeout};
  check_reference_positions(structure, settings, found);
}

void check_structure(const input::FoldInput& input, const chem::Ccd& ccd, const FeaturiseOptions& options,
                     Findings& found) {
  try {
    const Structure structure = make_structure(input, ccd, options, found);
    check_bond_count(structure, tokenise(structure), options);
  } catch (const Error& error) {
    found.problems.push_back(error);
  }
}

}  // namespace pleat::featurise
