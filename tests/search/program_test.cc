// External programs: their output, their failures, and how fast they stop.
#include "search/program.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <chrono>
#include <thread>

#include "tests/search/support.h"
#include "tests/temporary_folder.h"

namespace pleat::search {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

std::string shell_error(const std::string& script) {
  return error_of([&] { run_program({"/bin/sh", "-c", script}, {}); });
}

TEST(Program, GivesItsOutputWhereAsked) {
  EXPECT_EQ(run_program({"/bin/echo", "two words"}, {}, true), "two words\n");
  EXPECT_EQ(run_program({"/bin/echo", "two words"}, {}), "");
}

TEST(Program, KeepsLargeOutputWhole) {
  const std::string text = run_program({"/bin/sh", "-c", "head -c 3000000 /dev/zero | tr '\\0' x"}, {}, true);
  EXPECT_EQ(text, std::string(3000000, 'x'));
}

TEST(Program, HasNothingToRead) { EXPECT_EQ(run_program({"/bin/cat"}, {}, true), ""); }

TEST(Program, TellsStatusCommandAndLastLines) {
  const std::string error = shell_error("for i in 1 2 3 4 5 6 7 8 9 10; do echo line$i >&2; done; exit 3");
  EXPECT_THAT(error, AllOf(HasSubstr("/bin/sh -c"), HasSubstr("exit status 3"), HasSubstr("line9 | line10")));
  EXPECT_THAT(error.substr(error.find("its last output")), Not(HasSubstr("line2")));
}

TEST(Program, TellsTheSignalThatEndedIt) {
  EXPECT_THAT(shell_error("kill -TERM $$"), AllOf(HasSubstr("ended by signal 15"), Not(HasSubstr("memory"))));
  EXPECT_THAT(shell_error("kill -KILL $$"), AllOf(HasSubstr("ended by signal 9"), HasSubstr("memory")));
}

TEST(Program, TellsWhenItCannotBeStarted) {
  EXPECT_THAT(error_of([] {
                run_program({"/no/such/program", "-h"}, {});
              }),
              AllOf(HasSubstr("/no/such/program -h"), HasSubstr("No such file")));
}

TEST(Program, StopsWithAllItStartedWhenCancelled) {
  const test::TemporaryFolder folder;
  const std::string file = (folder / "child").string();
  Cancellation cancellation;
  std::thread canceller([&] {
    while (!fs::exists(file)) std::this_thread::sleep_for(std::chrono::milliseconds(5));
    cancellation.request();
  });
  const auto start = std::chrono::steady_clock::now();
  const std::string script = "sleep 60 & echo $! > " + file + ".new; mv " + file + ".new " + file + "; wait";
  EXPECT_THROW(run_program({"/bin/sh", "-c", script}, cancellation), Cancelled);
  canceller.join();
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(5));
  const int grandchild = std::stoi(read_file(file));
  const auto is_gone = [&] {  // dead, if perhaps not yet collected by its new parent
    if (kill(grandchild, 0) != 0) return true;
    const std::string status = read_file("/proc/" + std::to_string(grandchild) + "/status");
    return status.find("State:\tZ") != std::string::npos;
  };
  for (int i = 0; i < 100 && !is_gone(); ++i) std::this_thread::sleep_for(std::chrono::milliseconds(10));
  EXPECT_TRUE(is_gone());
}

TEST(Program, DoesNotStartWhenCancelledBefore) {
  const test::TemporaryFolder folder;
  Cancellation cancellation;
  cancellation.request();
  EXPECT_THROW(run_program({"/usr/bin/touch", (folder / "made").string()}, cancellation), Cancelled);
  EXPECT_FALSE(fs::exists(folder / "made"));
}

TEST(Program, EndsThoughAGrandchildKeepsItsErrorsOpen) {
  const auto start = std::chrono::steady_clock::now();
  EXPECT_THAT(shell_error("sleep 20 & exit 4"), HasSubstr("exit status 4"));
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(5));
}

TEST(FindProgram, LooksInPathUnlessGivenAPath) {
  EXPECT_EQ(find_program("sh", "--shell").filename(), "sh");
  EXPECT_EQ(find_program("/bin/sh", "--shell"), "/bin/sh");
}

TEST(FindProgram, NamesWhatChoosesIt) {
  EXPECT_THAT(error_of([] { find_program("no_such_hmmer", "--jackhmmer_binary_path"); }),
              AllOf(HasSubstr("no_such_hmmer"), HasSubstr("PATH"), HasSubstr("--jackhmmer_binary_path")));
  EXPECT_THAT(error_of([] { find_program("/tmp", "--nhmmer_binary_path"); }),
              AllOf(HasSubstr("/tmp"), HasSubstr("--nhmmer_binary_path")));
}

}  // namespace
}  // namespace pleat::search
