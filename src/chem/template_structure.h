// A template structure: the residues of one polymer chain read from mmCIF text. docs/specs/featurisation.md,
// section 6.
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <vector>

namespace pleat::chem {

struct TemplateAtom {
  std::string name;
  std::array<float, 3> position{};
};

struct TemplateResidue {
  std::string name;                 // CCD code, MSE already turned into MET
  char letter = 'X';                // by the chain's type; X in a polymer of type other
  std::vector<TemplateAtom> atoms;  // alternate locations resolved; empty for an unresolved residue
};

struct TemplateStructure {
  std::string release_date;               // oldest revision date, YYYY-MM-DD
  std::vector<TemplateResidue> residues;  // all of the polymer chain, unresolved ones too
};

// Reads the first model. Throws Error with the place inside the text (block, category): not CIF, no entry
// name, no release date, no polymer chain, or several.
TemplateStructure read_template(std::string_view mmcif);

}  // namespace pleat::chem
