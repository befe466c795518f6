// Vocabularies of residues: the network's type indices, and the letters of sequences and MSAs.
// docs/specs/featurisation.md, section 1.
#pragma once

#include <string>
#include <string_view>

#include "chem/chain_type.h"

namespace pleat::featurise {

// 0-19 A R N D C Q E G H I L K M F P S T W Y V, 20 unknown amino acid, 21 gap, 22-25 RNA A G C U,
// 26-29 DNA A G C T, 30 unknown nucleotide.
constexpr int kResidueTypes = 31;
constexpr int kUnknownAminoAcid = 20, kGap = 21, kUnknownNucleotide = 30;

// The three-letter codes of types 0-19.
extern const std::string_view kAminoAcids[20];

bool is_polymer(chem::ChainType type);
bool is_nucleic(chem::ChainType type);

// The component of a sequence letter; UNK, N (RNA) or DN (DNA) for unknown letters.
std::string component_of_letter(char letter, chem::ChainType type);

// The one-letter code of a polymer's component; X (protein) or N (nucleic) when the table lacks it.
char letter_of_component(std::string_view component, chem::ChainType type);

// The network's residue type of a component in a chain. Modified residues count as their parent, ligands as
// unknown amino acids.
int residue_type(std::string_view component, chem::ChainType type);

// The type of a letter in an MSA of a chain of `type` (ligands use the protein alphabet); -1 for characters
// that are not columns (insertions and errors).
int msa_letter_type(char letter, chem::ChainType type);

// Whether the component is one of the 20 amino acids, UNK, or one of the ten nucleotides (N and DN
// included).
bool is_standard_amino_acid(std::string_view component);
bool is_standard_nucleotide(std::string_view component);

}  // namespace pleat::featurise
