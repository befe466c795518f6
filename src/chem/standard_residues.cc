#include "chem/standard_residues.h"

#include <set>

namespace pleat::chem {

bool is_standard_residue(std::string_view name) {
  static const std::set<std::string_view> kNames = {
      "ALA", "ARG", "ASN", "ASP", "CYS", "GLN", "GLU", "GLY", "HIS", "ILE", "LEU", "LYS", "MET", "PHE",
      "PRO", "SER", "THR", "TRP", "TYR", "VAL", "A",   "C",   "G",   "U",   "DA",  "DC",  "DG",  "DT"};
  return kNames.contains(name);
}

}  // namespace pleat::chem
