// The facts about one prediction in one struct: read from a job's folder, shown by view and report.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/file.h"
#include "chem/ccd.h"
#include "featurise/structure_layout.h"
#include "output/confidences.h"
#include "report/geometry.h"

namespace pleat::report {

// The number of rows of a chain's alignments with a residue, not a gap, in each column.
struct AlignmentFacts {
  int unpaired_rows = 0, paired_rows = 0;  // with the query's
  std::vector<int> coverage;               // [residues]
};

struct TemplateFacts {
  std::string name;           // of the entry's data block
  std::string release_date;   // "" if the entry has none
  std::vector<int> residues;  // of the chain that the template covers, 0-based
};

// The input's facts about a chain; empty when the folder has no NAME_data.json.
struct ChainInput {
  std::optional<AlignmentFacts> alignment;
  std::vector<TemplateFacts> templates;
};

// The contents of a sample's large files.
struct SampleDetail {
  std::vector<Point> positions;      // Angstrom, parallel to layout.atoms
  std::vector<float> plddts;         // 0..100, parallel to layout.atoms
  std::vector<float> pae;            // [n, n] Angstrom; NaN where null
  std::vector<float> contact_probs;  // [n, n]
  Handedness handedness;
  std::vector<OddBond> odd_bonds;
  std::vector<Clash> clashes;
};

struct Sample {
  uint32_t seed = 0;
  int number = 0;  // within the seed
  double ranking_score = 0;
  output::Confidences scores;  // two decimals, as in the file; NaN for null
  std::optional<SampleDetail> detail;
};

struct Facts {
  std::string name;
  fs::path folder;
  featurise::StructureLayout layout;   // with tokens, and each atom's token
  std::vector<int> entity;             // of each chain, from 0; chains with the same residues share one
  std::vector<ChainInput> inputs;      // of each chain
  bool has_input = false;              // whether there is a NAME_data.json
  std::vector<Sample> samples;         // best first; those with detail come first
  std::vector<std::string> undefined;  // residues missing in all dictionaries, so unchecked
  std::string software, version;       // "?" if the model file has none
  std::string manifest;                // text of NAME_manifest.json; "" if there is none

  // Why the result is not a prediction, for made-up weights and the demo's; else "".
  std::string warning() const;
  size_t tokens() const { return layout.tokens.size(); }
};

// Limits for the samples whose large files are read: the best ones while the sums stay below, at least the
// best sample.
struct ReadLimits {
  size_t matrix_elements = size_t{8} << 20;  // of the PAE matrices
  size_t atoms = size_t{500'000};
};

// Whether the folder is one job's: it has a NAME_ranking_scores.csv.
bool is_job_folder(const fs::path& folder);

// `folder` if it is a job's, else the job folders in it, sorted by name. Throws Error when there is none.
std::vector<fs::path> job_folders(const fs::path& folder);

// Reads one job's folder, pleat's or AlphaFold 3's, compressed or not. `ccd` is for the checks of geometry;
// the components of the job's userCCD go over it. Throws Error naming the missing or damaged file.
Facts read_facts(const fs::path& folder, std::shared_ptr<const chem::Ccd> ccd, const ReadLimits& limits = {});

// Mean pLDDT of each token, and of a chain.
std::vector<float> token_plddts(const Facts& facts, const SampleDetail& detail);
std::vector<double> chain_plddts(const Facts& facts, const SampleDetail& detail);

// "protein", "RNA", "DNA" or "ligand".
std::string type_name(chem::ChainType type);

// An atom or a token as people name it: "A LYS 48 NZ", "B ATP 1".
std::string atom_text(const featurise::StructureLayout& layout, int atom);

}  // namespace pleat::report
