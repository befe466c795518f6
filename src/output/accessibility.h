// Solvent-accessible surface of protein residues by the algorithm of DSSP (Kabsch & Sander 1983, as in
// PDB-REDO's DSSP 4). docs/specs/outputs.md, section 2.
#pragma once

#include <string_view>
#include <vector>

#include "output/predicted_atoms.h"

namespace pleat::output {

struct SurfaceAtom {
  Point position;  // Angstrom
  float radius;    // Angstrom
};
using SurfaceResidue = std::vector<SurfaceAtom>;

// DSSP's radius of a residue's atom, by its name: N 1.65, CA 1.87, C 1.76, O 1.40, others 1.80 Angstrom.
float surface_radius(std::string_view atom_name);

// Each residue's accessible area in Angstrom^2, rounded to the nearest integer: where the centre of a water
// (radius 1.40) can touch an atom of the residue without entering another atom of `residues`. Each atom's
// sphere has 401 test points on a Fibonacci spiral.
std::vector<int> accessible_surface(const std::vector<SurfaceResidue>& residues);

}  // namespace pleat::output
