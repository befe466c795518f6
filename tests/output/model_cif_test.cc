// What the model file says of ligands, bonds and components: read back with gemmi.
#include "output/model_cif.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/output/samples.h"

namespace pleat::output {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

// A dictionary of the components that a test names.
class SmallCcd final : public chem::Ccd {
 public:
  explicit SmallCcd(std::vector<chem::Component> components) : components_(std::move(components)) {}
  const chem::Component* find(std::string_view code) const override {
    for (const chem::Component& component : components_)
      if (component.id == code) return &component;
    return nullptr;
  }
  bool is_glycan(std::string_view) const override { return false; }
  std::vector<std::string> codes() const override { return {}; }

 private:
  std::vector<chem::Component> components_;
};

chem::Component component(const std::string& id, const std::string& type, const std::string& parent,
                          const std::string& smiles) {
  return {.id = id,
          .name = id + " name",
          .type = type,
          .formula = "C2",
          .formula_weight = "24.0",
          .synonyms = "?",
          .parent = parent,
          .modified_date = "",
          .smiles = smiles,
          .atoms = {},
          .bonds = {}};
}

// Protein UNK-SEP, glycan NAG-NAG bonded to SEP, zinc, and a ligand from SMILES.
struct Complex {
  featurise::StructureLayout layout;
  PredictedAtoms atoms;
  SmallCcd ccd{{component("UNK", "L-PEPTIDE LINKING", "?", ""),
                component("SEP", "L-PEPTIDE LINKING", "SER", ""),
                component("NAG", "D-saccharide", "?", "OCC"), component("ZN", "NON-POLYMER", "?", "[Zn+2]")}};

  Complex() {
    add_chain(layout, "A", chem::ChainType::protein, "polypeptide(L)",
              {{"UNK", {"N", "CA"}}, {"SEP", {"OG"}}});
    add_chain(layout, "B", chem::ChainType::ligand, "branched", {{"NAG", {"C1"}}, {"NAG", {"O4"}}});
    add_chain(layout, "C", chem::ChainType::ligand, "non-polymer", {{"ZN", {"ZN"}}});
    add_chain(layout, "D", chem::ChainType::ligand, "non-polymer", {{"LIG_D", {"C1"}}});
    layout.chains[3].smiles = "C";
    layout.bonds = {{2, 3}};
    for (size_t a = 0; a < layout.atoms.size(); ++a) {
      atoms.positions.push_back({static_cast<float>(a), -0.0004f, 123.4567f});
      atoms.plddts.push_back(50.0f + static_cast<float>(a));
    }
  }

  std::string text(bool has_terms = false, const std::string& terms_url = "") const {
    return model_cif(layout, atoms, ccd,
                     {.name = "job",
                      .time = "2026-01-02 03:04:05",
                      .model_identifier = std::string("id\0\0", 4),
                      .has_terms_file = has_terms,
                      .terms_url = terms_url});
  }
  std::vector<std::vector<std::string>> rows(const std::string& category,
                                             const std::vector<std::string>& keys) const {
    gemmi::cif::Document document = gemmi::cif::read_string(text());
    return rows_of(document.sole_block(), category + ".", keys);
  }
};

TEST(ModelCif, NamesEveryComponent) {
  EXPECT_THAT(Complex().rows("_chem_comp", {"id", "type", "mon_nstd_flag", "pdbx_smiles", "formula"}),
              ElementsAre(ElementsAre("LIG_D", "non-polymer", "?", "C", "?"),
                          ElementsAre("NAG", "D-saccharide", "y", "OCC", "C2"),
                          ElementsAre("SEP", "L-PEPTIDE LINKING", "n", "?", "C2"),
                          ElementsAre("UNK", "L-PEPTIDE LINKING", "y", "?", "C2"),
                          ElementsAre("ZN", "NON-POLYMER", ".", "[Zn+2]", "C2")));
}

TEST(ModelCif, EveryChainIsAnEntity) {
  const Complex complex;
  EXPECT_THAT(complex.rows("_entity", {"id", "type"}),
              ElementsAre(ElementsAre("1", "polymer"), ElementsAre("2", "branched"),
                          ElementsAre("3", "non-polymer"), ElementsAre("4", "non-polymer")));
  EXPECT_THAT(complex.rows("_entity_poly", {"entity_id", "type", "pdbx_strand_id"}),
              ElementsAre(ElementsAre("1", "polypeptide(L)", "A")));
  EXPECT_THAT(
      complex.rows("_pdbx_branch_scheme", {"asym_id", "mon_id", "num", "pdb_seq_num", "auth_seq_num"}),
      ElementsAre(ElementsAre("B", "NAG", "1", "1", "1"), ElementsAre("B", "NAG", "2", "2", "2")));
  EXPECT_THAT(complex.rows("_pdbx_nonpoly_scheme", {"asym_id", "mon_id", "pdb_strand_id"}),
              ElementsAre(ElementsAre("C", "ZN", "C"), ElementsAre("D", "LIG_D", "D")));
}

TEST(ModelCif, AtomsOfUnknownModifiedAndLigandResiduesAreHetatm) {
  const Complex complex;
  EXPECT_THAT(
      complex.rows("_atom_site", {"group_PDB", "label_seq_id", "auth_seq_id", "Cartn_y", "Cartn_z"})[3],
      ElementsAre("HETATM", ".", "1", "-0.000", "123.457"));
  for (const auto& row : complex.rows("_atom_site", {"group_PDB"})) EXPECT_EQ(row[0], "HETATM");
}

TEST(ModelCif, ResiduesWithoutAtomsHaveNoAuthorNumber) {
  Complex complex;
  complex.layout.chains[0].residues.push_back({"GLY", 3});
  EXPECT_THAT(complex.rows("_pdbx_poly_seq_scheme", {"seq_id", "pdb_seq_num", "auth_seq_num"})[2],
              ElementsAre("3", "3", "?"));
}

TEST(ModelCif, BondsNameBothEnds) {
  EXPECT_THAT(Complex().rows("_struct_conn", {"id", "ptnr1_label_asym_id", "ptnr1_label_seq_id",
                                              "ptnr1_label_atom_id", "ptnr2_label_comp_id",
                                              "ptnr2_label_seq_id", "ptnr2_auth_seq_id", "ptnr2_symmetry"}),
              ElementsAre(ElementsAre("covale1", "A", "2", "OG", "NAG", ".", "1", "1_555")));
  Complex without;
  without.layout.bonds.clear();
  EXPECT_THAT(without.text(), Not(HasSubstr("_struct_conn")));
}

TEST(ModelCif, EqualResiduesOfABranchedLigandShareAMean) {
  EXPECT_THAT(Complex().rows("_ma_qa_metric_local",
                             {"label_asym_id", "label_comp_id", "label_seq_id", "metric_value"}),
              ElementsAre(ElementsAre("A", "UNK", "1", "50.50"), ElementsAre("A", "SEP", "2", "52.00"),
                          ElementsAre("B", "NAG", ".", "53.50"), ElementsAre("C", "ZN", ".", "55.00"),
                          ElementsAre("D", "LIG_D", ".", "56.00")));
}

TEST(ModelCif, SaysWhatMadeItAndUnderWhichTerms) {
  const Complex complex;
  EXPECT_THAT(complex.text(false), HasSubstr("_software.name           pleat\n"));
  EXPECT_THAT(complex.text(false), HasSubstr("(model id)"));
  EXPECT_THAT(complex.text(false), HasSubstr("2026-01-02 03:04:05"));
  EXPECT_THAT(complex.text(false), testing::StartsWith("data_job\n#\n"));
  EXPECT_THAT(complex.text(false), Not(HasSubstr("license")));
  EXPECT_THAT(complex.text(true), testing::StartsWith("# "));
  EXPECT_THAT(complex.text(true), HasSubstr("license"));
  const std::string published = complex.text(false, "https://terms.example/TERMS.md");
  EXPECT_THAT(published, testing::StartsWith("# "));
  EXPECT_THAT(published, HasSubstr("at https://terms.example/TERMS.md."));
  EXPECT_THAT(published, HasSubstr("license    https://terms.example/TERMS.md"));
  EXPECT_THAT(complex.text(true, "https://terms.example/TERMS.md"),
              HasSubstr("in TERMS_OF_USE.md in the folder"));
}

}  // namespace
}  // namespace pleat::output
