// The mmCIF file of one sample: the structure and its ModelCIF metadata. docs/specs/outputs.md, section 3.3.
#pragma once

#include <string>
#include <vector>

#include "chem/ccd.h"
#include "chem/cif_writer.h"
#include "featurise/structure_layout.h"
#include "output/predicted_atoms.h"

namespace pleat::output {

struct ModelCifInfo {
  std::string name;              // block name and _entry.id: letters, digits, '_', '-' and '.'
  std::string time;              // local time of the prediction: YYYY-MM-DD HH:MM:SS
  std::string model_identifier;  // of the weights; the file omits unprintable bytes
  bool has_terms_file = false;   // whether the results include the weights' terms of use
  bool ligand_bonds = false;     // whether _chem_comp_bond lists the bonds of what is no standard residue
  std::string terms_url;         // of these terms; empty: the weights have none
};

// The file's categories. Components missing in `ccd` get no _chem_comp row.
std::vector<chem::CifCategory> model_categories(const featurise::StructureLayout& layout,
                                                const PredictedAtoms& atoms, const chem::Ccd& ccd,
                                                const ModelCifInfo& info);

// The file's text, with a comment on the terms of use before it.
std::string model_cif(const featurise::StructureLayout& layout, const PredictedAtoms& atoms,
                      const chem::Ccd& ccd, const ModelCifInfo& info);

}  // namespace pleat::output
