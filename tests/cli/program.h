// Runs the program as a user does.
#pragma once

#include <gtest/gtest.h>
#include <sys/wait.h>

#include <cstdlib>
#include <string>

#include "base/file.h"

namespace pleat::cli {

class ProgramTest : public ::testing::Test {
 protected:
  struct Run {
    int status;
    std::string out, err;
  };

  void SetUp() override {
    folder_ = fs::path(::testing::TempDir()) / ("pleat_cli_" + std::to_string(::getpid()));
    fs::create_directories(folder_);
  }
  void TearDown() override { fs::remove_all(folder_); }

  // `arguments` as typed into a shell whose current folder is the test's own.
  Run pleat(const std::string& arguments) const {
    const fs::path out = folder_ / "stdout";
    const fs::path err = folder_ / "stderr";
    const std::string command = "cd '" + folder_.string() + "' && '" PLEAT_PROGRAM "' " + arguments + " >'" +
                                out.string() + "' 2>'" + err.string() + "'";
    const int status = std::system(command.c_str());
    return {WIFEXITED(status) ? WEXITSTATUS(status) : -1, read_file(out), read_file(err)};
  }

  fs::path folder_;
};

}  // namespace pleat::cli
