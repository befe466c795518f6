// What the input tests share: a folder for JSON files, and a valid job with every kind of field to start
// from.
#pragma once

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>

#include "base/error.h"
#include "base/file.h"
#include "tests/read_input.h"

namespace pleat::input {

class InputTest : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_ = fs::path(::testing::TempDir()) / ("pleat_input_" + std::to_string(::getpid()));
    fs::create_directories(folder_);
  }
  void TearDown() override { fs::remove_all(folder_); }

  fs::path file() const { return folder_ / "job.json"; }

  // Writes `text` as job.json and reads it.
  std::vector<FoldInput> read(const std::string& text) const {
    write_file(file(), text);
    return test::read_input(file());
  }
  FoldInput read_one(const nlohmann::json& job) const { return read(job.dump()).at(0); }

  // The error of reading `text`; its place without "FILE: ".
  struct Refusal {
    std::string place, message;
  };
  Refusal refusal(const std::string& text) const {
    try {
      read(text);
    } catch (const Error& error) {
      const std::string prefix = file().string() + ": ";
      EXPECT_TRUE(error.where().starts_with(prefix)) << error.what();
      return {error.where().substr(std::min(prefix.size(), error.where().size())), error.what()};
    }
    return {"(accepted)", "(accepted)"};
  }

  // All problems of a job, and all warnings, without "FILE: ".
  std::vector<std::string> complaints(const nlohmann::json& job, const ContentChecks& checks = {}) const {
    return texts(reading(job, checks).problems);
  }
  std::vector<std::string> warnings(const nlohmann::json& job, const ContentChecks& checks = {}) const {
    return texts(reading(job, checks).warnings);
  }
  JobReading reading(const nlohmann::json& job, const ContentChecks& checks = {}) const {
    write_file(file(), job.dump());
    return read_jobs(file(), checks).at(0);
  }

  fs::path folder_;

 private:
  std::vector<std::string> texts(const std::vector<Error>& errors) const {
    std::vector<std::string> texts;
    for (const Error& error : errors)
      texts.push_back(std::string(error.what()).substr(file().string().size() + 2));
    return texts;
  }
};

// A job with every field of the alphafold3 dialect that may stand beside the others.
inline nlohmann::json full_job() {
  return nlohmann::json::parse(R"({
    "dialect": "alphafold3", "version": 4, "name": "a job", "modelSeeds": [1, 4294967295],
    "sequences": [
      {"protein": {"id": ["A", "B"], "sequence": "MKSTY", "description": "first",
                   "modifications": [{"ptmType": "SEP", "ptmPosition": 3}],
                   "unpairedMsa": ">query\nMKSTY\n", "pairedMsa": "",
                   "templates": [{"mmcif": "data_X\n", "queryIndices": [0, 2], "templateIndices": [4, 5]}]}},
      {"rna": {"id": "R", "sequence": "ACGU", "unpairedMsa": "",
               "modifications": [{"modificationType": "5MC", "basePosition": 2}]}},
      {"dna": {"id": "D", "sequence": "ACGT",
               "modifications": [{"modificationType": "5CM", "basePosition": 4}]}},
      {"ligand": {"id": "G", "ccdCodes": ["NAG", "BMA"]}},
      {"ligand": {"id": "L", "smiles": "CCO"}}
    ],
    "bondedAtomPairs": [[["A", 1, "ND2"], ["G", 1, "C1"]], [["G", 1, "O4"], ["G", 2, "C1"]]]
  })");
}

}  // namespace pleat::input
