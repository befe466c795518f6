// mmCIF as templates and as a user's components. Residues have finite positions, components what a dictionary
// needs.
#include <cmath>

#include "base/error.h"
#include "chem/ccd.h"
#include "chem/conformer.h"
#include "chem/template_structure.h"
#include "fuzz/target.h"

using namespace pleat;

namespace {

void check_template(std::string_view text) {
  const chem::TemplateStructure structure = chem::read_template(text);
  PLEAT_ASSERT(structure.release_date.size() == 10);
  for (const chem::TemplateResidue& residue : structure.residues) {
    for (const chem::TemplateAtom& atom : residue.atoms) {
      PLEAT_ASSERT(!atom.name.empty());
      for (const float x : atom.position) PLEAT_ASSERT(std::isfinite(x));
    }
  }
}

void check_components(std::string_view text) {
  const auto ccd = chem::Ccd::with_user_ccd(chem::Ccd::embedded(), text);
  for (const chem::Component& component : chem::parse_components(text, "fuzz")) {
    PLEAT_ASSERT(ccd->find(component.id));
    chem::Molecule::from_component(component);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  for (const auto check : {check_template, check_components}) {
    try {
      check(text);
      ++accepted_inputs;
    } catch (const Error& error) {
      PLEAT_ASSERT(!error.what_is_wrong().empty());
    }
  }
  return 0;
}
