// The structure to predict: chains, residues, atoms and bonds of a job after cleaning, without coordinates.
// docs/specs/featurisation.md, sections 2, 3 and 4.1.
#pragma once

#include <array>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "chem/ccd.h"
#include "chem/conformer.h"
#include "featurise/atom_layout.h"
#include "featurise/options.h"
#include "featurise/structure_layout.h"
#include "input/fold_input.h"

namespace pleat::featurise {

struct StructureAtom {
  std::string name, element;
};

struct Residue {
  std::string name;                            // component code, or LIG_<chain> of a SMILES ligand
  const chem::Component* component = nullptr;  // source of the conformer and bonds
  const chem::Component* atom_list = nullptr;  // source of the atoms: GLY for UNK, else `component`
  // The atoms that the input names: those of its bonds in order of first mention, else one placeholder.
  std::vector<StructureAtom> input_atoms;
  std::vector<StructureAtom> atoms;  // to be predicted, in file order (after cleaning)
};

struct StructureChain {
  std::string id;
  chem::ChainType type = chem::ChainType::protein;
  std::string mmcif_type, smiles;
  std::shared_ptr<const chem::Molecule> molecule;           // of a SMILES ligand
  std::shared_ptr<const chem::Component> smiles_component;  // the same as a component
  std::vector<Residue> residues;                            // residue i has id i + 1
};

// The component of a code. Throws Error with an empty place where the dictionary lacks it, it has no atoms, none but
// hydrogens, or one whose name is too long for the network.
const chem::Component* require_component(const chem::Ccd& ccd, const std::string& code);

// Whether all of a component's atoms are hydrogens, which are not predicted, and the error of that.
bool is_hydrogen_alone(const chem::Component& component);
Error hydrogen_alone(const std::string& what);

// Throws Error with an empty place, listing the component's atoms, when the component lacks the atom.
void require_atom(const chem::Component& component, const std::string& name);

// Whether a chain of the input is protein, RNA, DNA or ligand.
chem::ChainType chain_type(const input::Chain& chain);

// The component codes of a chain's residues: those of the sequence letters or modifications, or those of a
// ligand (none for SMILES). Throws Error, placed at the chain, for a modification outside the sequence.
std::vector<std::string> component_codes(const input::Chain& chain);

// Whether all residues are the same unknown component. Such a chain is not predicted.
bool is_unknown(const std::vector<std::string>& codes);

// A job's chains in input order, with its bonds as given.
struct InitialStructure {
  std::vector<StructureChain> chains;
  std::vector<input::Bond> bonds;
};

using AtomPair = std::array<AtomId, 2>;

struct Structure {
  std::vector<StructureChain> chains;  // in asym id order
  std::vector<AtomPair> polymer_ligand_bonds, ligand_ligand_bonds;
};

// Turns sequences and modifications into components, and looks up bonded atoms. Throws Error naming chain and
// residue: an unknown component, a bonded atom that the component lacks, a bond to an unknown chain or
// residue, SMILES that RDKit rejects.
InitialStructure initial_structure(const input::FoldInput& input, const chem::Ccd& ccd);

// Drops what cannot be predicted, sorts the chains in output order, drops leaving atoms of glycans and every
// bond that lost an atom. Throws Error when a chain id has characters other than A-Z.
void clean_structure(InitialStructure& structure, const chem::Ccd& ccd, bool fix_standalone_glycans);

// Chain ids in mmCIF's order A..Z, AA, BA, .., ZA, AB, ..: shorter first, then by the last character.
bool chain_id_less(const std::string& a, const std::string& b);

// Whether a glycan residue with these bonded atoms loses its leaving oxygen O1.
bool drops_leaving_oxygen(const std::vector<std::string>& bonded_atoms, bool fix_standalone_glycans);

// Names of a residue's atoms in `bonds`, from the first end that is in the residue.
std::vector<std::string> bonded_atom_names(const std::vector<input::Bond>& bonds, const std::string& chain_id,
                                           int residue);

// Bonds with one end in a ligand and the ends in different residues, in order.
struct InterResidueBonds {
  std::vector<input::Bond> polymer_ligand, ligand_ligand;
};
InterResidueBonds inter_residue_bonds(const InitialStructure& structure);

// The residue name of a SMILES ligand. Throws Error with an empty place when it is also the name of a
// component.
std::string smiles_residue_name(const input::Ligand& ligand, const chem::Ccd& ccd);

// The structure of a job, by all of the above. Throws Error when no chain is left. Bonded atoms that are not
// predicted become problems, placed at "$.bondedAtomPairs[1][0][2]", and their bonds are left out.
Structure make_structure(const input::FoldInput& input, const chem::Ccd& ccd, const FeaturiseOptions& options,
                         Findings& found);

}  // namespace pleat::featurise
