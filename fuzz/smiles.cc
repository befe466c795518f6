// SMILES. What is accepted is a component with atoms of different names and bonds between them.
#include <set>

#include "base/error.h"
#include "chem/conformer.h"
#include "fuzz/target.h"

using namespace pleat;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string smiles(reinterpret_cast<const char*>(data), size);
  try {
    const chem::Component component = chem::Molecule::from_smiles(smiles)->as_component("LIG_A");
    PLEAT_ASSERT(!component.atoms.empty());
    std::set<std::string> names;
    for (const chem::ComponentAtom& atom : component.atoms) PLEAT_ASSERT(names.insert(atom.name).second);
    for (const chem::ComponentBond& bond : component.bonds) {
      PLEAT_ASSERT(names.contains(bond.atom_1) && names.contains(bond.atom_2));
    }
    ++accepted_inputs;
  } catch (const Error& error) {
    PLEAT_ASSERT(!error.what_is_wrong().empty());
  }
  return 0;
}
