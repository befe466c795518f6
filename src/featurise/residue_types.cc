#include "featurise/residue_types.h"

#include <algorithm>
#include <iterator>

#include "chem/ccd.h"

namespace pleat::featurise {

const std::string_view kAminoAcids[20] = {"ALA", "ARG", "ASN", "ASP", "CYS", "GLN", "GLU",
                                          "GLY", "HIS", "ILE", "LEU", "LYS", "MET", "PHE",
                                          "PRO", "SER", "THR", "TRP", "TYR", "VAL"};

namespace {

constexpr std::string_view kAminoAcidLetters = "ARNDCQEGHILKMFPSTWYV";
constexpr std::string_view kRnaLetters = "AGCU", kDnaLetters = "AGCT";
constexpr int kFirstRna = 22, kFirstDna = 26;

// The type of a letter of the chain's standard alphabet, -1 for any other.
int standard_letter_type(char letter, chem::ChainType type) {
  const auto place = [&](std::string_view letters, int first) {
    const size_t i = letters.find(letter);
    return i == std::string_view::npos ? -1 : first + static_cast<int>(i);
  };
  if (type == chem::ChainType::rna) return place(kRnaLetters, kFirstRna);
  if (type == chem::ChainType::dna) return place(kDnaLetters, kFirstDna);
  return place(kAminoAcidLetters, 0);
}

}  // namespace

bool is_polymer(chem::ChainType type) { return type != chem::ChainType::ligand; }
bool is_nucleic(chem::ChainType type) { return type == chem::ChainType::rna || type == chem::ChainType::dna; }

std::string component_of_letter(char letter, chem::ChainType type) {
  const int index = standard_letter_type(letter, type);
  switch (type) {
    case chem::ChainType::rna:
      return index < 0 ? "N" : std::string(1, letter);
    case chem::ChainType::dna:
      return index < 0 ? "DN" : std::string("D") + letter;
    default:
      return index < 0 ? "UNK" : std::string(kAminoAcids[index]);
  }
}

char letter_of_component(std::string_view component, chem::ChainType type) {
  return chem::one_letter(component, is_nucleic(type) ? 'N' : 'X');
}

int residue_type(std::string_view component, chem::ChainType type) {
  if (type == chem::ChainType::ligand) return kUnknownAminoAcid;
  const int index = standard_letter_type(letter_of_component(component, type), type);
  if (index >= 0) return index;
  return is_nucleic(type) ? kUnknownNucleotide : kUnknownAminoAcid;
}

int msa_letter_type(char letter, chem::ChainType type) {
  if (letter == '-') return kGap;
  if (letter < 'A' || letter > 'Z') return -1;
  if (is_nucleic(type)) {
    const int index = standard_letter_type(letter, type);
    return index < 0 ? kUnknownNucleotide : index;
  }
  switch (letter) {
    case 'B':
      return standard_letter_type('D', type);
    case 'Z':
      return standard_letter_type('E', type);
    case 'U':
      return standard_letter_type('C', type);
    case 'J':
    case 'O':
    case 'X':
      return kUnknownAminoAcid;
    default:
      return standard_letter_type(letter, type);
  }
}

bool is_standard_amino_acid(std::string_view component) {
  return component == "UNK" ||
         std::find(std::begin(kAminoAcids), std::end(kAminoAcids), component) != std::end(kAminoAcids);
}

bool is_standard_nucleotide(std::string_view component) {
  constexpr std::string_view kNucleotides[] = {"A", "G", "C", "U", "DA", "DG", "DC", "DT", "N", "DN"};
  return std::find(std::begin(kNucleotides), std::end(kNucleotides), component) != std::end(kNucleotides);
}

}  // namespace pleat::featurise
