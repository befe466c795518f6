// Bonds of ligands to metals, as RDKit from 2023.09 on reads them. Debian 12 has RDKit 2022.09, which refuses a
// nitrogen with four bonds of which one is to a metal: the nitrogens of a heme, as SMILES and the dictionary of
// components write them. Internal to chem. Source of the rule: the documentation of RDKit's
// MolOps::cleanUpOrganometallics.
#pragma once

#include <GraphMol/RWMol.h>

namespace pleat::chem {

// Turns single bonds between a non-metal that has too many bonds and a metal into dative bonds, which point at the
// metal and do not count for the non-metal. To be called before sanitisation. Returns whether the molecule has
// dative bonds then.
//
// A non-metal has too many bonds where its explicit valence exceeds the highest valence of the element whose atomic
// number is its own less its charge (so that N+ counts as C), or, aromatic with four neighbours, is equal to it.
// Hydrogen, helium, fluorine and neon are left alone. An atom bonded to several metals gives one bond: to the metal
// that has the fewest dative bonds so far, then to the one of higher canonical rank. Atoms take their turns in the
// order of canonical ranks.
bool point_bonds_at_metals(RDKit::RWMol& molecule);

bool has_dative_bonds(const RDKit::ROMol& molecule);

// RDKit's sanitisation, to which dative bonds are as in RDKit from 2023.09 on: they close no ring, and do not count
// for the aromaticity and the hybridisation of the atom that gives them. Throws what RDKit throws.
void sanitise(RDKit::RWMol& molecule);

}  // namespace pleat::chem
