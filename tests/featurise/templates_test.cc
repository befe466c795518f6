#include "featurise/templates.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "featurise/residue_types.h"
#include "tests/featurise/support.h"

namespace pleat::featurise {
namespace {

using testing::HasSubstr;

// One chain of residues with N at (i, 1, 0) and CA at (i, 2, 0), i from 1; lower-case names are unresolved.
std::string mmcif(const std::vector<std::string>& residues) {
  std::string scheme =
      "data_1ABC\n_entry.id 1ABC\n_pdbx_audit_revision_history.revision_date 2000-01-01\n"
      "_struct_asym.id A\n_struct_asym.entity_id 1\n_entity.id 1\n_entity.type polymer\n"
      "_entity_poly.entity_id 1\n_entity_poly.type polypeptide(L)\n"
      "loop_\n_pdbx_poly_seq_scheme.asym_id\n_pdbx_poly_seq_scheme.seq_id\n_pdbx_poly_seq_scheme.mon_id\n"
      "_pdbx_poly_seq_scheme.pdb_seq_num\n_pdbx_poly_seq_scheme.pdb_ins_code\n";
  std::string atoms =
      "loop_\n_atom_site.group_PDB\n_atom_site.label_atom_id\n_atom_site.label_comp_id\n"
      "_atom_site.label_asym_id\n_atom_site.label_entity_id\n_atom_site.label_seq_id\n"
      "_atom_site.auth_seq_id\n_atom_site.Cartn_x\n_atom_site.Cartn_y\n_atom_site.Cartn_z\n";
  for (size_t i = 0; i < residues.size(); ++i) {
    std::string name = residues[i];
    const bool resolved = name[0] < 'a';
    for (char& c : name) c = static_cast<char>(std::toupper(c));
    const std::string id = std::to_string(i + 1);
    scheme += "A " + id + " " + name + " " + id + " .\n";
    if (!resolved) continue;
    for (const auto& [atom, y] : {std::pair("N", "1"), std::pair("CA", "2")}) {
      atoms +=
          std::string("ATOM ") + atom + " " + name + " A 1 " + id + " " + id + " " + id + " " + y + " 0\n";
    }
  }
  return scheme + atoms;
}

input::ProteinChain with_template(input::ProteinChain chain, input::Template given) {
  chain.templates->push_back(std::move(given));
  return chain;
}

const std::vector<std::string> kResidues = {"GLY", "ala", "TRP", "UNK", "SER", "GLY"};

TEST(Templates, UnusedSlotsRepeatTheNitrogen) {
  const input::Template given{mmcif(kResidues), {0, 1, 2, 4}, {0, 2, 1, 3}};
  const Batch batch = features_of(job({with_template(protein("A", "GWAAA"), given)})).batch;
  EXPECT_EQ(batch.template_aatype(0, 0), 7);
  EXPECT_EQ(batch.template_aatype(0, 1), 17);
  EXPECT_EQ(batch.template_aatype(0, 2), 0);   // unresolved, but aligned
  EXPECT_EQ(batch.template_aatype(0, 3), 21);  // not aligned
  EXPECT_EQ(batch.template_aatype(0, 4), 20);
  EXPECT_EQ(batch.template_aatype(1, 0), 0);  // no second template
  // Glycine: N, CA, C (absent), O (absent), then N's position in the 20 unused slots.
  EXPECT_EQ(batch.template_atom_positions(0, 0, 1, 1), 2);
  EXPECT_EQ(batch.template_atom_mask(0, 0, 1), 1);
  EXPECT_EQ(batch.template_atom_mask(0, 0, 2), 0);
  EXPECT_EQ(batch.template_atom_mask(0, 0, 4), 1);
  EXPECT_EQ(batch.template_atom_positions(0, 0, 23, 1), 1);
  // Tryptophan has 14 slots; its residue is the template's third.
  EXPECT_EQ(batch.template_atom_mask(0, 1, 13), 0);
  EXPECT_EQ(batch.template_atom_mask(0, 1, 14), 1);
  EXPECT_EQ(batch.template_atom_positions(0, 1, 14, 0), 3);
  for (int64_t slot = 0; slot < kAtomSlots; ++slot) {
    EXPECT_EQ(batch.template_atom_mask(0, 2, slot), 0);
    EXPECT_EQ(batch.template_atom_mask(0, 3, slot), 0);
    EXPECT_EQ(batch.template_atom_mask(0, 4, slot), 1);  // unknown: N everywhere
  }
}

TEST(Templates, ShortChainsHaveNone) {
  const input::Template given{mmcif(kResidues), {0}, {0}};
  EXPECT_EQ(features_of(job({with_template(protein("A", "GGGG"), given)})).batch.template_aatype(0, 0), 0);
  EXPECT_EQ(features_of(job({with_template(protein("A", "GGGGG"), given)})).batch.template_aatype(0, 0), 7);
}

TEST(Templates, EqualChainsShareThoseOfTheFirst) {
  const input::Template first{mmcif(kResidues), {0}, {0}}, second{mmcif(kResidues), {0}, {2}};
  const Batch batch = features_of(job({with_template(protein("B", "GGGGG"), second),
                                       with_template(protein("A", "GGGGG"), first)}))
                          .batch;
  EXPECT_EQ(batch.template_aatype(0, 0), 7);
  EXPECT_EQ(batch.template_aatype(0, 5), 7);
}

TEST(Templates, OnlyFourAreUsed) {
  input::ProteinChain chain = protein("A", "GGGGG");
  for (int index : {0, 1, 2, 3, 4}) chain = with_template(chain, {mmcif(kResidues), {0}, {index}});
  const Batch batch = features_of(job({chain})).batch;
  EXPECT_EQ(batch.template_aatype.dim(0), 4);
  EXPECT_EQ(batch.template_aatype(3, 0), 20);
}

TEST(Templates, ColumnsShiftBehindSplitResiduesOfChainsWithoutTemplates) {
  // The DNA chain gives as many empty columns as it has tokens, but the standard index counts residues.
  input::DnaChain modified = dna("A", "AC");
  modified.modifications = {{"5CM", 2}};
  const input::Template given{mmcif(kResidues), {0, 1, 2, 3, 4}, {0, 0, 0, 0, 0}};
  const Batch batch = features_of(job({modified, with_template(protein("B", "GGGGG"), given)})).batch;
  const int64_t first = batch.tokens - 5;
  EXPECT_GT(first, 10);
  for (int64_t t = first; t < batch.tokens; ++t) EXPECT_EQ(batch.template_aatype(0, t), 0);
}

// As the reference does: the template's columns are those of the sequence, tokens count on without the gap.
TEST(Templates, ResiduesWithoutAtomsHaveColumns) {
  input::ProteinChain chain = protein("A", "GGGGGG");
  chain.modifications = {{"UNL", 2}};
  const input::Template given{mmcif(kResidues), {0, 1, 2, 5}, {0, 1, 2, 4}};
  const Batch batch = features_of(job({with_template(chain, given)})).batch;
  ASSERT_EQ(batch.tokens, 5);
  const std::vector<int> expected = {7, 0, 17, kGap, kGap};
  for (int64_t t = 0; t < 5; ++t)
    EXPECT_EQ(batch.template_aatype(0, t), expected[static_cast<size_t>(t)]) << t;
}

std::string error_of(const input::Template& given) {
  try {
    features_of(job({with_template(protein("B", "GGGGG"), given)}));
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

TEST(Templates, ErrorsNameChainAndTemplate) {
  EXPECT_THAT(error_of({"no mmCIF", {}, {}}), HasSubstr("chain B, template 1"));
  EXPECT_THAT(error_of({mmcif(kResidues), {5}, {0}}), HasSubstr("query residue 5"));
  EXPECT_THAT(error_of({mmcif(kResidues), {0}, {6}}), HasSubstr("residue 6"));
  EXPECT_THAT(error_of({mmcif(kResidues), {-1}, {0}}), HasSubstr("query residue -1"));
}

}  // namespace
}  // namespace pleat::featurise
