// Glycans as AlphaFold Server writes them: "NAG(NAG(MAN))(FUC)" is a NAG on the protein, with a NAG (with a MAN) and a FUC
// on it. They name no atoms, so these are chosen.
#pragma once

#include <string>
#include <vector>

namespace pleat::input {

// Residues in the order of the text: each comes after its parent.
struct Glycan {
  struct Residue {
    std::string code;
    int parent = -1;          // index; -1 for the first, which is on the protein
    std::string parent_atom;  // the oxygen that it is bonded to; empty for the first
    std::string own_atom;     // the carbon that it is bonded with: C1, or C2 of a sialic acid
  };
  std::vector<Residue> residues;
};

// The usual linkages: fucose on O6 of a glycan's first residue, O3 of other N-acetylglucosamines and O2 of others; a single
// residue on O2 of a mannose (O3 of BMA, the core's), two on O3 and O6, and a third on O4; on O3 of a galactose, O4 of all
// others; further ones on what is free of O4, O3, O6 and O2. Throws Error with an empty place: no glycan, more than four
// residues on one.
Glycan parse_glycan(const std::string& text);

// The atom of an amino acid that carries a glycan: ND2, OG, OG1; empty where it carries none.
std::string glycosylated_atom(char amino_acid);

}  // namespace pleat::input
