// Tokens: one per standard residue, one per atom of everything else, with up to 24 atom slots each.
// docs/specs/featurisation.md, section 4.2.
#pragma once

#include <string>
#include <vector>

#include "featurise/structure.h"

namespace pleat::featurise {

struct Token {
  int chain = 0;    // index into Structure::chains
  int residue = 0;  // index into that chain's residues
  // Column of the MSA and template features: a running count. A polymer residue takes one column, shared by
  // all atoms of a modified one. A ligand residue takes one column per atom, but all its tokens use the
  // first.
  int standard_index = 0;

  bool same_residue(const Token& other) const { return chain == other.chain && residue == other.residue; }
};

struct Tokens {
  std::vector<Token> tokens;   // N
  AtomLayout representatives;  // [N]: CA, C1', or the atom itself
  AtomLayout atoms;            // [N, 24]: blank in slots without an atom

  int64_t size() const { return static_cast<int64_t>(tokens.size()); }
};

inline const StructureChain& chain_of(const Structure& structure, const Token& token) {
  return structure.chains[token.chain];
}
inline const Residue& residue_of(const Structure& structure, const Token& token) {
  return chain_of(structure, token).residues[token.residue];
}

Tokens tokenise(const Structure& structure);

// The chains, atoms, tokens and bonds for the output stage.
StructureLayout make_structure_layout(const Structure& structure, const Tokens& tokens);

}  // namespace pleat::featurise
