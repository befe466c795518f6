// FoldInput to Batch: tokens, atom layouts, MSA features, templates, reference conformers.
// specs/featurisation.md; the reference's data/featurisation.py and model/pipeline/pipeline.py.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "chem/ccd.h"
#include "featurise/batch.h"
#include "input/fold_input.h"

namespace pleat {

struct FeaturiseOptions {
  std::vector<int> buckets = {128,  256,  384,  512,  768,  1024, 1280, 1536,
                              2048, 2560, 3072, 3584, 4096, 4608, 5120};
  std::optional<int> conformer_max_iterations;
  std::string max_template_date = "2021-09-30";
  bool fix_standalone_glycans = false;
  bool resolve_msa_overlaps = true;
};

// The atoms of the predicted structure in file order: what the output stage writes, with the dense slot that
// predicts each atom.
struct OutputAtom {
  int chain = 0;    // index into StructureLayout::chains
  int residue = 0;  // index into that chain's residues
  std::string name, element;
  int token = -1,
      slot = -1;  // where its coordinates are; -1 when no slot holds it (then coordinates 0, pLDDT 0)
};

struct OutputResidue {
  std::string name;  // CCD code or LIG_<chain>
  int id = 0;        // 1-based
};

enum class ChainType { protein, rna, dna, ligand };

struct OutputChain {
  std::string id;
  ChainType type = ChainType::protein;
  std::string
      mmcif_type;        // polypeptide(L), polyribonucleotide, polydeoxyribonucleotide, non-polymer, branched
  std::string sequence;  // one-letter codes of a polymer's residues
  std::string smiles;    // of a SMILES ligand
  std::vector<OutputResidue> residues;
};

struct OutputBond {
  int atom_1 = 0, atom_2 = 0;  // indices into StructureLayout::atoms
};

struct StructureLayout {
  std::vector<OutputChain> chains;  // in asym id order: chain k has asym_id k + 1
  std::vector<OutputAtom> atoms;
  std::vector<OutputBond> bonds;  // covale, in output order
};

struct Features {
  Batch batch;
  StructureLayout layout;
};

// Number of padded tokens: the smallest bucket that holds `tokens`, or `tokens` itself when none does. Throws
// Error when buckets are empty or not strictly increasing.
int64_t bucket_size(int64_t tokens, const std::vector<int>& buckets);

// Everything for one seed. `ccd` already holds the job's user CCD. Throws Error naming the chain (and
// residue, row, template) and the fix.
Features featurise(const FoldInput& input, const Ccd& ccd, uint32_t seed, const FeaturiseOptions& options);

// The layout alone (for outputs when the features come from a file).
StructureLayout structure_layout(const FoldInput& input, const Ccd& ccd, const FeaturiseOptions& options);

}  // namespace pleat
