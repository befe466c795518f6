#include "featurise/tokens.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "featurise/atom_windows.h"
#include "tests/featurise/support.h"

namespace pleat::featurise {
namespace {

using testing::ElementsAre;

std::vector<std::string> slot_names(const Tokens& tokens, size_t token, size_t count) {
  std::vector<std::string> names;
  for (size_t slot = 0; slot < count; ++slot)
    names.push_back(tokens.atoms.atoms[token * kAtomSlots + slot].name);
  return names;
}

TEST(Tokens, AbsentHeavyAtomsLeaveBlankSlots) {
  const Tokens tokens = tokenise(structure_of(job({protein("A", "AA")})));
  EXPECT_THAT(slot_names(tokens, 0, 7), ElementsAre("N", "CA", "C", "O", "CB", "", ""));
  EXPECT_THAT(slot_names(tokens, 1, 7), ElementsAre("N", "CA", "C", "O", "CB", "OXT", ""));
  const Tokens nucleic = tokenise(structure_of(job({rna("A", "AA")})));
  EXPECT_THAT(slot_names(nucleic, 0, 3), ElementsAre("OP3", "P", "OP1"));
  EXPECT_THAT(slot_names(nucleic, 1, 3), ElementsAre("", "P", "OP1"));
}

TEST(Tokens, ModifiedResiduesAreSplitIntoAtoms) {
  input::ProteinChain chain = protein("A", "MSA");
  chain.modifications = {{"MSE", 1}, {"SEP", 2}};
  const Tokens tokens = tokenise(structure_of(job({chain, ligand("B", {"CA"}), ligand("C", {"ATP"})})));
  ASSERT_EQ(tokens.size(), 1 + 10 + 1 + 1 + 31);
  EXPECT_EQ(tokens.representatives.atoms[0].name, "CA");
  EXPECT_EQ(tokens.representatives.atoms[1].name, "N");
  std::vector<int> indices;
  for (const Token& token : tokens.tokens) indices.push_back(token.standard_index);
  EXPECT_EQ(indices[0], 0);
  for (size_t i = 1; i <= 10; ++i) EXPECT_EQ(indices[i], 1);
  EXPECT_EQ(indices[11], 2);
  EXPECT_EQ(indices[12], 3);
  for (size_t i = 13; i < indices.size(); ++i) EXPECT_EQ(indices[i], 4);
}

TEST(StructureLayout, ListsAtomsWithTheirSlots) {
  input::FoldInput input = job({protein("B", "NA"), ligand("A", {"NAG"}), smiles_ligand("C", "CO")});
  input.bonded_atom_pairs = {{{"B", 1, "ND2"}, {"A", 1, "C1"}}};
  const StructureLayout layout = structure_layout(input, ccd(), {});
  ASSERT_EQ(layout.chains.size(), 3u);
  EXPECT_EQ(layout.chains[0].id, "A");
  EXPECT_EQ(layout.chains[1].sequence, "NA");
  EXPECT_EQ(layout.chains[1].mmcif_type, "polypeptide(L)");
  EXPECT_EQ(layout.chains[2].smiles, "CO");
  EXPECT_EQ(layout.chains[2].residues[0].name, "LIG_C");
  ASSERT_EQ(layout.atoms.size(), 14u + 8 + 6 + 2);
  EXPECT_EQ(layout.tokens.size(), 14u + 2 + 2);
  const OutputAtom& oxt = layout.atoms[14 + 8 + 5];
  EXPECT_EQ(oxt.name, "OXT");
  EXPECT_EQ(oxt.token, 15);
  EXPECT_EQ(oxt.slot, 5);
  ASSERT_EQ(layout.bonds.size(), 1u);
  EXPECT_EQ(layout.atoms[layout.bonds[0].atom_1].name, "ND2");
  EXPECT_EQ(layout.atoms[layout.bonds[0].atom_2].name, "C1");
}

TEST(AtomLayout, GathersFindTheLastOfEqualElements) {
  const AtomLayout source{{2, 2}, {{0, 1, "CA"}, {0, 1, ""}, {0, 1, ""}, {}}};
  const AtomLayout target{{4}, {{0, 1, ""}, {0, 1, "CA"}, {0, 2, "CA"}, {}}};
  const Gather gather = compute_gather(source, target);
  EXPECT_THAT(gather.idx.values(), ElementsAre(2, 0, 0, 3));
  EXPECT_THAT(gather.mask.values(), ElementsAre(1, 1, 0, 1));
  EXPECT_THAT(gather.input_shape.values(), ElementsAre(2, 2));
}

TEST(AtomWindows, KeysAreCentredAndShiftedInside) {
  EXPECT_EQ(first_key(0, 1000), 0);
  EXPECT_EQ(first_key(1, 1000), 0);
  EXPECT_EQ(first_key(2, 1000), 16);
  EXPECT_EQ(first_key(30, 1000), 1000 - 128);
  EXPECT_EQ(first_key(500, 1000), 1000 - 128);  // far behind the last atom
  EXPECT_EQ(first_key(1, 100), 0);              // moved right, so not moved left
  EXPECT_EQ(first_key(2, 100), -28);
}

TEST(AtomWindows, NegativeKeysCountFromTheEnd) {
  const Tokens tokens = tokenise(structure_of(job({protein("A", "AAAAA")})));  // 26 atoms
  Batch batch;
  fill_atom_windows(tokens, 8, batch);  // 192 padded atoms, 6 windows
  ASSERT_EQ(batch.queries_to_keys.idx.shape(), (Shape{6, 128}));
  // Window 5 holds -102..25, of which the negative ones are padding: the last padding element, mask 1.
  EXPECT_EQ(batch.queries_to_keys.idx(5, 0), 191);
  EXPECT_EQ(batch.queries_to_keys.mask(5, 0), 1);
  EXPECT_EQ(batch.queries_to_keys.idx(5, 102), 0);
  EXPECT_EQ(batch.queries_to_keys.idx(5, 127), 25);
  EXPECT_EQ(batch.tokens_to_keys.mask(5, 0), 0);
  EXPECT_EQ(batch.tokens_to_keys.mask(5, 102), 1);
  EXPECT_EQ(batch.tokens_to_keys.idx(5, 127), 4);
}

TEST(AtomWindows, PaddingWithoutPaddedTokensFindsNothing) {
  const Tokens tokens = tokenise(structure_of(job({protein("A", "AAAAA")})));
  Batch batch;
  fill_atom_windows(tokens, 5, batch);  // no padded token, but 128 padded atoms
  EXPECT_EQ(batch.token_atoms_to_queries.mask(0, 25), 1);
  EXPECT_EQ(batch.token_atoms_to_queries.mask(0, 26), 0);
  EXPECT_EQ(batch.token_atoms_to_queries.idx(0, 26), 0);
  // Blank slots of tokens are in no query list, but the padding of the queries is.
  EXPECT_EQ(batch.queries_to_token_atoms.mask(0, 5), 0);
}

}  // namespace
}  // namespace pleat::featurise
