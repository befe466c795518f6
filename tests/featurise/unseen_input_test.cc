// Warnings of what a job says without effect.
#include "featurise/unseen_input.h"

#include <gmock/gmock.h>

#include "tests/featurise/support.h"

namespace pleat::featurise {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::vector<std::string> warnings(const input::FoldInput& input, const chem::Ccd& components = ccd()) {
  const Place root = Place::json("job.json");
  std::vector<Place> places;
  for (size_t i = 0; i < input.chains.size(); ++i)
    places.push_back(root.key("sequences").item(i).key("entity"));
  Findings found;
  check_unseen(input, components, {root, places}, found);
  EXPECT_THAT(found.problems, IsEmpty());
  std::vector<std::string> texts;
  for (const Error& warning : found.warnings) texts.emplace_back(warning.what());
  return texts;
}

std::vector<std::string> bond_warnings(std::vector<input::Chain> chains, input::BondAtom from,
                                       input::BondAtom to) {
  input::FoldInput input = job(std::move(chains));
  input.bonded_atom_pairs = {{std::move(from), std::move(to)}};
  return warnings(input);
}

TEST(UnseenInput, BondsThatTheNetworkDoesNotSee) {
  const input::ProteinChain a = protein("A", "MKCTYC"), unknown = protein("X", "XXXXX");
  const input::Ligand g = ligand("G", {"NAG", "NAG"}), l = ligand("L", {"ATP"}),
                      mercury = ligand("M", {"HG"});
  EXPECT_THAT(
      bond_warnings({a}, {"A", 3, "SG"}, {"A", 6, "SG"}),
      ElementsAre("job.json: $.bondedAtomPairs[0]: the bond A 3 SG - A 6 SG has no effect: both atoms are in "
                  "polymers. AlphaFold 3 leaves it out, too."));
  EXPECT_THAT(bond_warnings({l}, {"L", 1, "PA"}, {"L", 1, "PA"}),
              ElementsAre(HasSubstr("joins an atom to itself")));
  EXPECT_THAT(bond_warnings({l}, {"L", 1, "PA"}, {"L", 1, "C8"}), ElementsAre(HasSubstr("in one residue")));
  EXPECT_THAT(bond_warnings({a, l}, {"A", 3, "HG"}, {"L", 1, "PG"}),
              ElementsAre(HasSubstr("HG is a hydrogen")));
  EXPECT_THAT(bond_warnings({unknown, l}, {"X", 1, "CA"}, {"L", 1, "PG"}),
              ElementsAre(HasSubstr("chain X is not predicted")));
  EXPECT_THAT(bond_warnings({mercury, l}, {"M", 1, "HG"}, {"L", 1, "PG"}),
              ElementsAre(HasSubstr("names start with H are taken for hydrogens")));
  EXPECT_THAT(bond_warnings({a, l}, {"A", 3, "SG"}, {"L", 1, "PG"}), IsEmpty());
  EXPECT_THAT(bond_warnings({g}, {"G", 1, "O4"}, {"G", 2, "C1"}), IsEmpty());
  EXPECT_THAT(bond_warnings({a, mercury}, {"A", 3, "SG"}, {"M", 1, "HG"}), IsEmpty());
}

TEST(UnseenInput, ABondGivenFromBothEnds) {
  input::FoldInput input = job({ligand("G", {"NAG", "NAG"})});
  const input::BondAtom from{"G", 1, "O4"}, to{"G", 2, "C1"};
  input.bonded_atom_pairs = {{from, to}, {to, from}};
  EXPECT_THAT(warnings(input),
              ElementsAre(HasSubstr("$.bondedAtomPairs[1]: the bond G 2 C1 - G 1 O4 has no effect: an "
                                    "earlier one joins the same atoms")));
}

TEST(UnseenInput, Modifications) {
  input::ProteinChain chain = protein("A", "MKSTY");
  chain.modifications = {{"SEP", 3}, {"ALY", 2}, {"TPO", 3}, {"ATP", 5}};
  EXPECT_THAT(
      warnings(job({chain})),
      ElementsAre(
          HasSubstr("$.sequences[0].entity.modifications[0]: SEP at position 3 has no effect: a later "
                    "modification, TPO, takes the same position"),
          HasSubstr("$.sequences[0].entity.modifications[3]: ATP is no amino acid: it has no N, CA, C.")));
  input::RnaChain strand = rna("R", "ACGU");
  strand.modifications = {{"2MG", 3}, {"SEP", 1}};
  EXPECT_THAT(warnings(job({strand})), ElementsAre(HasSubstr("SEP is no nucleotide: it has no C1'.")));
}

TEST(UnseenInput, Templates) {
  const input::Template good{"data_x", {0}, {0}}, other{"data_y", {0}, {0}}, empty{"data_x", {}, {}};
  input::ProteinChain a = protein("A", "MKSTYW"), b = protein("B", "MKSTYW"), few = protein("F", "MKST");
  a.templates = {good, empty, good, good, good, good};
  EXPECT_THAT(warnings(job({a})),
              ElementsAre(HasSubstr("templates[4]: the chain has 6 templates, and the network takes 4"),
                          HasSubstr("templates[1]: the template has no effect: it maps no residue")));
  few.templates = {good};
  EXPECT_THAT(warnings(job({few})), ElementsAre(HasSubstr("fewer than 5 residues")));
  a.templates = {good};
  b.templates = {other};
  EXPECT_THAT(warnings(job({b, a})),  // the id decides, not the order
              ElementsAre(HasSubstr(
                  "$.sequences[0].entity.templates: these templates have no effect: chain B has the "
                  "same residues as chain A")));
  b.templates = {good};
  EXPECT_THAT(warnings(job({a, b})), IsEmpty());
}

TEST(UnseenInput, ComponentsThatNoChainUses) {
  input::FoldInput input = job({ligand("L", {"ATP"})});
  input.user_ccd =
      "data_MINE\n_chem_comp.id MINE\n_chem_comp.name m\n_chem_comp.type NON-POLYMER\n_chem_comp.formula C\n"
      "_chem_comp.mon_nstd_parent_comp_id ?\n_chem_comp.pdbx_synonyms ?\n_chem_comp.formula_weight 12\n"
      "_chem_comp_atom.comp_id MINE\n_chem_comp_atom.atom_id C1\n_chem_comp_atom.type_symbol C\n"
      "_chem_comp_atom.charge 0\n_chem_comp_atom.pdbx_model_Cartn_x_ideal 0\n"
      "_chem_comp_atom.pdbx_model_Cartn_y_ideal 0\n_chem_comp_atom.pdbx_model_Cartn_z_ideal 0\n"
      "_chem_comp_bond.atom_id_1 ?\n_chem_comp_bond.atom_id_2 ?\n_chem_comp_bond.value_order ?\n"
      "_chem_comp_bond.pdbx_aromatic_flag ?\n";
  const auto components = chem::Ccd::with_user_ccd(chem::Ccd::embedded(), *input.user_ccd);
  EXPECT_THAT(warnings(input, *components),
              ElementsAre("job.json: $.userCCD: the component MINE has no effect: no chain uses it"));
  input.chains.push_back(ligand("M", {"MINE"}));
  EXPECT_THAT(warnings(input, *components), IsEmpty());
}

}  // namespace
}  // namespace pleat::featurise
