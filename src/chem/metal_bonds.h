// Bonds of ligands to metals, by the rule of RDKit 2023.09 and later. Debian 12 has RDKit 2022.09, which
// refuses a nitrogen with four bonds even if one is to a metal. SMILES and the component dictionary write the
// nitrogens of a heme so. Internal to chem. Source of the rule: the documentation of RDKit's
// MolOps::cleanUpOrganometallics.
#pragma once

#include <GraphMol/RWMol.h>

namespace pleat::chem {

// Turns a single bond between a metal and a non-metal with too many bonds into a dative bond, which points at
// the metal and does not count for the non-metal. Call it before sanitisation. Returns whether the molecule
// then has dative bonds.
//
// A non-metal has too many bonds where its explicit valence exceeds the highest valence of the element whose atomic
// number is its own less its charge (so that N+ counts as C), or, aromatic with four neighbours, is equal to it.
// Hydrogen, helium, fluorine and neon stay unchanged. An atom bonded to several metals gives one bond: to the
// metal with the fewest dative bonds so far, then to the one of higher canonical rank. Atoms are handled in
// the order of canonical ranks.
bool point_bonds_at_metals(RDKit::RWMol& molecule);

bool has_dative_bonds(const RDKit::ROMol& molecule);

// RDKit's sanitisation, with the dative bonds of RDKit 2023.09 and later: they close no ring, and do not
// count for the aromaticity and hybridisation of the donor. Throws what RDKit throws.
void sanitise(RDKit::RWMol& molecule);

}  // namespace pleat::chem
