// Molecules and conformers, against the geometry of the reference.
#include "chem/conformer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <iterator>
#include <map>
#include <sstream>
#include <thread>

#include "base/error.h"
#include "base/file.h"
#include "chem/ccd.h"
#include "tests/support.h"

namespace pleat::chem {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Throws;

Conformer must_embed(const Component& component, uint32_t seed) {
  const auto molecule = Molecule::from_component(component);
  EXPECT_NE(molecule, nullptr) << component.id;
  return molecule->embed(seed, std::nullopt).value();
}

float distance(const std::array<float, 3>& a, const std::array<float, 3>& b) {
  return std::hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2]);
}

// What a residue's features hold: the atoms of tests/golden/chem/conformers.tsv, from the reference's feature
// arrays, by component code or "smiles " and a SMILES string.
std::map<std::string, Conformer> read_golden() {
  std::istringstream lines(read_file(test::kGolden / "chem/conformers.tsv"));
  std::string line;
  std::getline(lines, line);
  std::map<std::string, Conformer> golden;
  while (std::getline(lines, line)) {
    const size_t tab = line.find('\t');
    std::istringstream fields(line.substr(tab));
    Conformer::Atom atom;
    fields >> atom.name >> atom.atomic_number >> atom.charge;
    for (float& x : atom.position) fields >> x;
    golden[line.substr(0, tab)].atoms.push_back(atom);
  }
  return golden;
}

// The ideal coordinates, which stand in where no conformer can be made.
Conformer ideal(const Component& component) {
  Conformer conformer;
  for (const ComponentAtom& atom : component.atoms) {
    const int charge = atom.charge == "?" ? 0 : std::stoi(atom.charge);
    conformer.atoms.push_back({atom.name, atomic_number(atom.element), charge, atom.ideal.value()});
  }
  return conformer;
}

Conformer conformer_for(const std::string& component, std::vector<std::string>& without_molecule) {
  const std::string smiles = "smiles ";
  if (component.starts_with(smiles)) {
    return Molecule::from_smiles(component.substr(smiles.size()))->embed(1, std::nullopt).value();
  }
  const Component& found = *Ccd::embedded()->find(component);
  const auto molecule = Molecule::from_component(found);
  if (molecule) return molecule->embed(1, std::nullopt).value();
  without_molecule.push_back(component);
  return ideal(found);
}

// Distances shorter than 1.7 Angstrom in either, so bonds, agree to 0.15; elements and charges are equal.
TEST(Conformer, HasTheReferencesBondLengths) {
  const auto golden = read_golden();
  EXPECT_EQ(golden.size(), 41u);
  std::vector<std::string> without_molecule;
  for (const auto& [component, expected] : golden) {
    const Conformer conformer = conformer_for(component, without_molecule);
    std::map<std::string, Conformer::Atom> ours;
    for (const auto& atom : conformer.atoms) ours[atom.name] = atom;
    for (const auto& a : expected.atoms) {
      ASSERT_TRUE(ours.contains(a.name)) << component << " " << a.name;
      EXPECT_EQ(ours[a.name].atomic_number, a.atomic_number) << component << " " << a.name;
      EXPECT_EQ(ours[a.name].charge, a.charge) << component << " " << a.name;
      for (const auto& b : expected.atoms) {
        const float theirs = distance(a.position, b.position);
        const float our = distance(ours[a.name].position, ours[b.name].position);
        if (std::min(theirs, our) >= 1.7f) continue;
        EXPECT_NEAR(our, theirs, 0.15f) << component << " " << a.name << " " << b.name;
      }
    }
  }
  // Theirs too: the golden arrays hold the ideal coordinates of just these.
  EXPECT_THAT(without_molecule, ::testing::ElementsAre("7BU", "HEM"));
}

TEST(Conformer, AtomsAreSortedByName) {
  const Conformer glycine = must_embed(*Ccd::embedded()->find("GLY"), 7);
  std::vector<std::string> names;
  for (const auto& atom : glycine.atoms) names.push_back(atom.name);
  EXPECT_THAT(names, ::testing::ElementsAre("C", "CA", "H", "H2", "HA2", "HA3", "HXT", "N", "O", "OXT"));
}

TEST(Conformer, KeepsChirality) {
  // The signed volume of (N, C, CB) around CA is positive in L and negative in D amino acids.
  for (uint32_t seed : {1u, 2u, 3u, 2147483647u}) {
    std::map<std::string, std::array<float, 3>> at;
    for (const auto& atom : must_embed(*Ccd::embedded()->find("VAL"), seed).atoms)
      at[atom.name] = atom.position;
    std::array<std::array<double, 3>, 3> v;
    const char* names[] = {"N", "C", "CB"};
    for (int i = 0; i < 3; ++i) {
      for (int k = 0; k < 3; ++k) v[i][k] = at[names[i]][k] - at["CA"][k];
    }
    const double volume = v[0][0] * (v[1][1] * v[2][2] - v[1][2] * v[2][1]) -
                          v[0][1] * (v[1][0] * v[2][2] - v[1][2] * v[2][0]) +
                          v[0][2] * (v[1][0] * v[2][1] - v[1][1] * v[2][0]);
    EXPECT_GT(volume, 1.0) << seed;
  }
}

TEST(Conformer, DependsOnTheSeedAlone) {
  const auto molecule = Molecule::from_component(*Ccd::embedded()->find("ARG"));
  const auto positions = [](const std::optional<Conformer>& conformer) {
    std::vector<std::array<float, 3>> out;
    for (const auto& atom : conformer.value().atoms) out.push_back(atom.position);
    return out;
  };
  const auto first = positions(molecule->embed(5, std::nullopt));
  EXPECT_NE(positions(molecule->embed(6, std::nullopt)), first);
  std::vector<std::vector<std::array<float, 3>>> results(4);
  std::vector<std::thread> threads;
  for (auto& result : results) {
    threads.emplace_back([&] { result = positions(molecule->embed(5, std::nullopt)); });
  }
  for (std::thread& thread : threads) thread.join();
  for (const auto& result : results) EXPECT_EQ(result, first);
}

class Incomplete : public ::testing::Test {
 protected:
  static std::shared_ptr<const Molecule> make(const std::function<void(Component&)>& change) {
    Component component = *Ccd::embedded()->find("ALA");
    change(component);
    return Molecule::from_component(component);
  }
};

TEST_F(Incomplete, GivesNoMolecule) {
  EXPECT_NE(make([](Component&) {}), nullptr);
  EXPECT_EQ(make([](Component& c) { c.atoms[0].charge = "?"; }), nullptr);
  EXPECT_EQ(make([](Component& c) { c.atoms[0].charge = "1.5"; }), nullptr);
  EXPECT_EQ(make([](Component& c) { c.bonds[0].order = "AROM"; }), nullptr);
  EXPECT_EQ(make([](Component& c) { c.bonds[0].order = "sing"; }), nullptr);
  EXPECT_EQ(make([](Component& c) { c.bonds[0].aromatic = "?"; }), nullptr);
  EXPECT_EQ(make([](Component& c) { c.atoms[0].element = "QQ"; }), nullptr);
  EXPECT_EQ(make([](Component& c) { c.atoms[0].name = c.bonds[0].atom_1 = "LONGER"; }), nullptr);
  EXPECT_EQ(make([](Component& c) { c.atoms[3].ideal.reset(); }), nullptr);
  EXPECT_EQ(make([](Component& c) { c.bonds[0].atom_1 = "XX"; }), nullptr);
  EXPECT_EQ(make([](Component& c) { c.bonds.push_back(c.bonds[0]); }), nullptr);
  EXPECT_EQ(make([](Component& c) { c.bonds[0].order = "TRIP"; }), nullptr) << "too many bonds of an atom";
  EXPECT_EQ(make([](Component& c) { c.atoms.clear(), c.bonds.clear(); }), nullptr);
}

TEST_F(Incomplete, ElementsInAnyCaseAreKnown) {
  EXPECT_NE(make([](Component& c) { c.atoms[0].element = "n"; }), nullptr);
}

TEST(Conformer, ZeroIterationsMeansTheDefault) {
  const auto molecule = Molecule::from_component(*Ccd::embedded()->find("ALA"));
  EXPECT_TRUE(molecule->embed(1, 0).has_value());
  EXPECT_TRUE(molecule->embed(1, 100).has_value());
}

// Why RDKit does not accept a SMILES string; empty when it does.
std::string smiles_problem(const std::string& smiles) {
  try {
    Molecule::from_smiles(smiles);
  } catch (const Error& error) {
    return error.what_is_wrong();
  }
  return "";
}

TEST(Conformer, NothingIsPrinted) {
  ::testing::internal::CaptureStderr();
  ::testing::internal::CaptureStdout();
  smiles_problem("C(");
  smiles_problem("c1cccc1");
  Component component = *Ccd::embedded()->find("ALA");
  component.bonds[0].order = "TRIP";
  Molecule::from_component(component);
  component.atoms[0].element = "QQ";
  Molecule::from_component(component);
  EXPECT_EQ(::testing::internal::GetCapturedStdout(), "");
  EXPECT_EQ(::testing::internal::GetCapturedStderr(), "");
}

TEST(Smiles, NamesAtomsByElementAndCount) {
  const Conformer conformer = Molecule::from_smiles("ClCC[Br]")->embed(3, std::nullopt).value();
  std::vector<std::string> names;
  for (const auto& atom : conformer.atoms) names.push_back(atom.name);
  EXPECT_THAT(names, ::testing::ElementsAre("CL1", "C1", "C2", "BR1", "H1", "H2", "H3", "H4"));
  EXPECT_EQ(conformer.atoms[0].atomic_number, 17);
}

TEST(Smiles, BecomesAComponent) {
  const Component benzoate = Molecule::from_smiles("[O-]C(=O)c1ccccc1")->as_component("LIG_A");
  EXPECT_EQ(benzoate.id, "LIG_A");
  EXPECT_EQ(benzoate.type, "non-polymer");
  EXPECT_EQ(benzoate.name, "?");
  EXPECT_EQ(benzoate.smiles, "[O-]C(=O)c1ccccc1");
  ASSERT_EQ(benzoate.atoms.size(), 14u);
  EXPECT_EQ(benzoate.atoms[0], (ComponentAtom{"O1", "O", "-1", std::nullopt, std::nullopt}));
  ASSERT_EQ(benzoate.bonds.size(), 14u);
  EXPECT_EQ(benzoate.bonds[1], (ComponentBond{"C1", "O2", "DOUB", "N"}));
  int doubles = 0, aromatic = 0;
  for (const ComponentBond& bond : benzoate.bonds) {
    doubles += bond.order == "DOUB";
    aromatic += bond.aromatic == "Y";
  }
  EXPECT_EQ(doubles, 4) << "Kekulised";
  EXPECT_EQ(aromatic, 6);
}

TEST(Smiles, ProblemsAreNamed) {
  EXPECT_EQ(smiles_problem("CCO"), "");
  EXPECT_THAT(smiles_problem("CC(C"), ::testing::HasSubstr("extra open parentheses"));
  EXPECT_NE(smiles_problem(""), "");
  EXPECT_THAT(smiles_problem("C(C)(C)(C)(C)C"), ::testing::HasSubstr("valence"));
  EXPECT_THAT(smiles_problem("c1cccc1"), ::testing::HasSubstr("kekulize"));
  EXPECT_NE(smiles_problem("nonsense"), "");
  EXPECT_THROW(Molecule::from_smiles("O~O")->as_component("X"), Error) << "a bond of no known order";
}

// tests/golden/chem/metal_components.tsv says what RDKit 2025.9.4 makes of the dictionary's components in which a
// metal binds a nitrogen with four bonds (tools/metal_components.py).
TEST(Metals, HaveTheBondsOfTheReferencesVersion) {
  const fs::path golden = test::kGolden / "chem";
  std::map<std::string, Component> components;
  for (Component& component :
       parse_components(decompress(read_file(golden / "metal_components.cif.zst")), "components"))
    components.emplace(component.id, component);
  std::istringstream lines(read_file(golden / "metal_components.tsv"));
  int count = 0;
  for (std::string line; std::getline(lines, line); ++count) {
    std::istringstream fields(line);
    std::string id, bond;
    bool accepted = false;
    fields >> id >> accepted;
    const std::vector<std::string> bonds{std::istream_iterator<std::string>(fields), {}};
    const auto molecule = Molecule::from_component(components.at(id));
    // The gallium of GIX, 3+ with four bonds: RDKit 2022.09 judges it by gallium's valence, later ones by nickel's.
    EXPECT_EQ(molecule != nullptr, accepted && id != "GIX") << id;
    if (molecule && accepted) {
      EXPECT_EQ(molecule->dative_bonds(), bonds) << id;
    }
  }
  EXPECT_EQ(count, 344);
}

TEST(Metals, ChargedAndCovalentNitrogensKeepTheirBonds) {
  EXPECT_THAT(Molecule::from_smiles("[N+]([Fe])(C)(C)C")->dative_bonds(), IsEmpty());
  EXPECT_THAT(Molecule::from_smiles("CN([Fe])C")->dative_bonds(), IsEmpty());
  EXPECT_THAT(Molecule::from_smiles("N[Pt](N)(Cl)Cl")->dative_bonds(), IsEmpty());
  EXPECT_THAT(Molecule::from_smiles("[NH3][Pt]([NH3])(Cl)Cl")->dative_bonds(),
              ElementsAre("N1>PT1", "N2>PT1"));
  EXPECT_THAT(Molecule::from_smiles("C[N](C)(C)[Fe]")->dative_bonds(), ElementsAre("N1>FE1"));
  EXPECT_THAT([] { Molecule::from_smiles("C[N](C)(C)C"); }, Throws<Error>()) << "no metal";
}

TEST(Metals, HaemIsEmbedded) {
  const auto molecule = Molecule::from_smiles(
      "CC1=C(CCC(=O)O)C2=CC3=C(C(=C4[N-]3[Fe+2]56[N]2=C1C=C7[N-]5C(=CC8=[N]6C(=C4)C(=C8C)C=C)C(=C7C)C=C)C)"
      "CCC(=O)O");
  EXPECT_EQ(molecule->dative_bonds().size(), 4u);
  const Conformer conformer = molecule->embed(1, std::nullopt).value();
  const auto atom = [&](const std::string& name) {
    return *std::find_if(conformer.atoms.begin(), conformer.atoms.end(),
                         [&](const Conformer::Atom& a) { return a.name == name; });
  };
  for (const char* nitrogen : {"N1", "N2", "N3", "N4"})
    EXPECT_NEAR(distance(atom("FE1").position, atom(nitrogen).position), 1.8, 0.2);
}

TEST(AtomicNumber, KnowsElementsInAnyCase) {
  EXPECT_EQ(atomic_number("C"), 6);
  EXPECT_EQ(atomic_number("ZN"), 30);
  EXPECT_EQ(atomic_number("zn"), 30);
  EXPECT_EQ(atomic_number("D"), 1);
  EXPECT_EQ(atomic_number("X"), 0);
  EXPECT_EQ(atomic_number("?"), 0);
  EXPECT_EQ(atomic_number(""), 0);
  EXPECT_EQ(atomic_number("CAT"), 0);
}

TEST(Molecule, EmbedsTheSameInAProcessOfItsOwn) {
  const auto molecule = Molecule::from_component(*Ccd::embedded()->find("ARG"));
  bool timed_out = true;
  const auto inside = molecule->embed(5, std::nullopt),
             beside = molecule->embed_within(600, 5, std::nullopt, timed_out);
  EXPECT_FALSE(timed_out);
  ASSERT_TRUE(beside.has_value());
  for (size_t i = 0; i < inside->atoms.size(); ++i) {
    EXPECT_EQ(beside->atoms[i].name, inside->atoms[i].name);
    EXPECT_EQ(beside->atoms[i].position, inside->atoms[i].position);
  }
  EXPECT_FALSE(molecule->embed_within(0, 5, std::nullopt, timed_out).has_value());
  EXPECT_TRUE(timed_out);
  EXPECT_NE(molecule->identity(), Molecule::from_component(*Ccd::embedded()->find("ALA"))->identity());
}

}  // namespace
}  // namespace pleat::chem
