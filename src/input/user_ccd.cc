#include "input/user_ccd.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <gemmi/cif.hpp>
#include <vector>

#include "base/error.h"

namespace pleat {
namespace {

const std::vector<std::string>& needed_columns() {
  static const std::vector<std::string> columns = {
      "_chem_comp.id",
      "_chem_comp.name",
      "_chem_comp.type",
      "_chem_comp.formula",
      "_chem_comp.mon_nstd_parent_comp_id",
      "_chem_comp.pdbx_synonyms",
      "_chem_comp.formula_weight",
      "_chem_comp_atom.comp_id",
      "_chem_comp_atom.atom_id",
      "_chem_comp_atom.type_symbol",
      "_chem_comp_atom.charge",
      "_chem_comp_atom.pdbx_model_Cartn_x_ideal",
      "_chem_comp_atom.pdbx_model_Cartn_y_ideal",
      "_chem_comp_atom.pdbx_model_Cartn_z_ideal",
      "_chem_comp_bond.atom_id_1",
      "_chem_comp_bond.atom_id_2",
      "_chem_comp_bond.value_order",
      "_chem_comp_bond.pdbx_aromatic_flag",
  };
  return columns;
}

}  // namespace

void check_user_ccd(const std::string& cif, const std::string& place) {
  if (!cif.starts_with("data_")) {
    throw Error(place, "the user CCD does not start with 'data_'",
                "Give CIF text with one data block per component.");
  }
  gemmi::cif::Document document;
  try {
    document = gemmi::cif::read_string(cif);
  } catch (const std::exception& error) {
    throw Error(place, fmt::format("the user CCD is no valid CIF: {}", error.what()));
  }
  for (gemmi::cif::Block& block : document.blocks) {
    std::vector<std::string> missing;
    for (const std::string& column : needed_columns()) {
      if (!block.find_values(column)) missing.push_back(column);
    }
    if (!missing.empty()) {
      throw Error(
          place, fmt::format("component '{}' of the user CCD lacks {}", block.name, fmt::join(missing, ", ")),
          "Use '?' for values that are not known.");
    }
  }
}

}  // namespace pleat
