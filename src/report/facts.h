// What there is to tell of one prediction, in one struct: read from the folder of a job, shown by view and report.
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

// How many rows of a chain's alignments have a residue, not a gap, in each column.
struct AlignmentFacts {
  int unpaired_rows = 0, paired_rows = 0;  // the query's own included
  std::vector<int> coverage;               // [residues]
};

struct TemplateFacts {
  std::string name;           // of the entry's data block
  std::string release_date;   // "" where the entry does not tell
  std::vector<int> residues;  // 0-based, of the chain, that the template covers
};

// What the input says of a chain; empty where the folder holds no NAME_data.json.
struct ChainInput {
  std::optional<AlignmentFacts> alignment;
  std::vector<TemplateFacts> templates;
};

// What a sample's large files hold.
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
  output::Confidences scores;  // two decimals, as the file has them; NaN where null
  std::optional<SampleDetail> detail;
};

struct Facts {
  std::string name;
  fs::path folder;
  featurise::StructureLayout layout;   // with tokens, and each atom's token
  std::vector<int> entity;             // of each chain, from 0: chains of the same residues share one
  std::vector<ChainInput> inputs;      // of each chain
  bool has_input = false;              // whether there is a NAME_data.json
  std::vector<Sample> samples;         // best first; those with detail come first
  std::vector<std::string> undefined;  // residues that no dictionary describes, so that nothing checks them
  std::string software, version;       // "?" where the model file does not tell
  std::string manifest;                // text of NAME_manifest.json; "" where there is none

  // Why the result is no prediction, for weights that pleat made up or that know the demo alone; else "".
  std::string warning() const;
  size_t tokens() const { return layout.tokens.size(); }
};

// Of how many samples the large files are read: the best ones, as long as the sums stay below. The best sample always is.
struct ReadLimits {
  size_t matrix_elements = size_t{8} << 20;  // of the PAE matrices
  size_t atoms = size_t{500'000};
};

// Whether the folder is that of one job: it has a NAME_ranking_scores.csv.
bool is_job_folder(const fs::path& folder);

// The folders of jobs that `folder` is or holds, sorted by name. Throws Error where there is none.
std::vector<fs::path> job_folders(const fs::path& folder);

// Reads the folder of one job, pleat's or AlphaFold 3's, compressed or not. `ccd`: for the checks of geometry; the
// components of the job's userCCD are put over it. Throws Error naming the file that is missing or damaged.
Facts read_facts(const fs::path& folder, std::shared_ptr<const chem::Ccd> ccd, const ReadLimits& limits = {});

// Means over the atoms of a token, and of a chain.
std::vector<float> token_plddts(const Facts& facts, const SampleDetail& detail);
std::vector<double> chain_plddts(const Facts& facts, const SampleDetail& detail);

// "protein", "RNA", "DNA" or "ligand".
std::string type_name(chem::ChainType type);

// How people name an atom or a token: "A LYS 48 NZ", "B ATP 1".
std::string atom_text(const featurise::StructureLayout& layout, int atom);

}  // namespace pleat::report
