// The formats of a model file.
#pragma once

#include <string>
#include <vector>

#include "featurise/structure_layout.h"
#include "output/model_cif.h"
#include "output/predicted_atoms.h"

namespace pleat::output {

enum class ModelFormat { cif, pdb, bcif };

// ".cif", ".pdb", ".bcif"
std::string extension(ModelFormat format);

// Throws Error, placed at "--output_format", where the format can't hold a structure of these chains
// (chem/pdb_file.h).
void check_format(ModelFormat format, const featurise::StructureLayout& layout);

// The file's bytes. Throws Error, placed at "--output_format", where the coordinates are too large for a PDB file.
std::string model_file(ModelFormat format, const featurise::StructureLayout& layout,
                       const PredictedAtoms& atoms, const chem::Ccd& ccd, const ModelCifInfo& info);

}  // namespace pleat::output
