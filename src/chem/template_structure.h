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
  char letter = 'X';                // as the chain's type has it: X for all of a polymer of type other
  std::vector<TemplateAtom> atoms;  // alternate locations resolved; empty for an unresolved residue
};

struct TemplateStructure {
  std::string release_date;               // oldest revision date, YYYY-MM-DD
  std::vector<TemplateResidue> residues;  // all of the polymer chain, unresolved included
};

// Reads the first model. Throws Error with the place inside the text (block, category): no CIF, no entry
// name, no release date, no or more than one polymer chain.
TemplateStructure read_template(std::string_view mmcif);

}  // namespace pleat::chem
