// NAME_data.json: equal to the reference's text, byte for byte.
#include <gmock/gmock.h>

#include "tests/input/support.h"
#include "tests/support.h"

namespace pleat::input {
namespace {

using ::testing::HasSubstr;

TEST(WriteInput, GoldenRoundTrips) {
  int files = 0;
  for (const auto& entry : fs::recursive_directory_iterator(test::kGolden)) {
    const std::string name = entry.path().filename().string();
    if (!name.ends_with("_data.json")) continue;
    ++files;
    EXPECT_TRUE(to_json(test::read_input(entry.path()).at(0)) == read_file(entry.path())) << entry.path();
  }
  EXPECT_GE(files, 14);
}

TEST(WriteInput, GoldenInputsBecomeTheirDataJson) {
  for (const std::string name : {"e2e_ubq20", "e2e_modified"}) {
    const FoldInput input = test::read_input(test::kGolden / "e2e" / (name + ".input.json")).at(0);
    EXPECT_EQ(to_json(input), read_file(test::kGolden / "e2e" / name / (name + "_data.json")));
  }
}

TEST(WriteInput, ExamplesAreRead) {
  for (const auto& entry : fs::directory_iterator(test::kGolden / "examples")) {
    EXPECT_EQ(test::read_input(entry.path()).size(), 1u) << entry.path();
  }
}

TEST_F(InputTest, WritesAsPythonDoes) {
  FoldInput input;
  input.name = "caf\u00e9 \x7f \U0001F9EC";
  input.seeds = {1, 2};
  ProteinChain protein;
  protein.id = "A";
  protein.sequence = "MK";
  protein.templates = {{{"data_\"x\"\n", {0, 1}, {5, 12}}, {"data_y", {}, {}}}};
  Ligand ligand;
  ligand.id = "B";
  ligand.smiles = "C/C=C\\C";
  ligand.description = "tab\there";
  ProteinChain copy = protein;
  copy.id = "C";
  input.chains = {protein, ligand, copy};
  input.bonded_atom_pairs = {{{"A", 1, "SG"}, {"C", 2, "SG"}}};
  EXPECT_EQ(to_json(input), R"({
  "dialect": "alphafold3",
  "version": 4,
  "name": "caf\u00e9 \u007f \ud83e\uddec",
  "sequences": [
    {
      "protein": {
        "id": [
          "A",
          "C"
        ],
        "sequence": "MK",
        "modifications": [],
        "unpairedMsa": null,
        "pairedMsa": null,
        "templates": [
          {
            "mmcif": "data_\"x\"\n",
            "queryIndices": [0, 1],
            "templateIndices": [5, 12]
          },
          {
            "mmcif": "data_y",
            "queryIndices": [],
            "templateIndices": []
          }
        ]
      }
    },
    {
      "ligand": {
        "id": "B",
        "smiles": "C/C=C\\C",
        "description": "tab\there"
      }
    }
  ],
  "modelSeeds": [
    1,
    2
  ],
  "bondedAtomPairs": [
    [
      [
        "A",
        1,
        "SG"
      ],
      [
        "C",
        2,
        "SG"
      ]
    ]
  ],
  "userCCD": null
})");
}

TEST_F(InputTest, ReadingBackGivesTheSameText) {
  const std::string once = to_json(read_one(full_job()));
  EXPECT_EQ(to_json(read(once).at(0)), once);
}

}  // namespace
}  // namespace pleat::input
