#include "batch/slurm.h"

#include <gmock/gmock.h>
#include <unistd.h>

#include <cstdio>

#include "base/error.h"
#include "batch/attempts.h"

namespace pleat::batch {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

std::string output_of(const std::string& command) {
  FILE* pipe = popen(command.c_str(), "r");
  std::string text;
  for (int c = std::fgetc(pipe); c != EOF; c = std::fgetc(pipe)) text += static_cast<char>(c);
  pclose(pipe);
  return text;
}

TEST(Slurm, WordsComeThroughTheShellAsTheyAre) {
  for (const std::string word : {"plain", "", "two words", "it's", "$(touch x) `y` \"z\" \\ ;&|", "a\nb"})
    EXPECT_EQ(output_of("printf %s " + shell_quoted(word)), word);
}

TEST(Slurm, TheScriptAsksForWhatATaskTakes) {
  const SlurmArray array{
      "pleat-predict",     {"pleat", "--x=it's {task}/{array}"}, 4, 8, (int64_t{3} << 30) + 1, 90, "gpu:1",
      {"--partition=long"}};
  const std::string script = slurm_script(array);
  for (const char* line : {"#SBATCH --array=1-4\n", "#SBATCH --cpus-per-task=8\n", "#SBATCH --mem=3073M\n",
                           "#SBATCH --time=90\n", "#SBATCH --gres=gpu:1\n", "#SBATCH --partition=long\n"})
    EXPECT_THAT(script, HasSubstr(line));
  const size_t start = script.find("'pleat'"), end = script.find(" &\n");
  EXPECT_EQ(output_of("SLURM_ARRAY_TASK_ID=3 SLURM_ARRAY_JOB_ID=70; printf '%s\\n' " +
                      script.substr(start, end - start)),
            "pleat\n--x=it's 3/70\n");
  EXPECT_EQ(output_of("bash -n <<'END' 2>&1\n" + script + "END\n"), "");
  SlurmArray bare = array;
  bare.gres.clear();
  bare.minutes.reset();
  EXPECT_THAT(slurm_script(bare), Not(HasSubstr("gres")));
  EXPECT_THAT(slurm_script(bare), Not(HasSubstr("--time")));
  bare.options = {"--x\ntouch y"};
  EXPECT_THROW(slurm_script(bare), Error);
}

TEST(Attempts, FailuresAreNotedAndForgotten) {
  const fs::path folder = fs::path(::testing::TempDir()) / ("pleat_attempts_" + std::to_string(::getpid()));
  EXPECT_FALSE(noted_failure(folder, "job"));
  note_failure(folder, "job", {"70", Error("place", "wrong", "Mend it.")});
  const auto failure = noted_failure(folder, "job");
  ASSERT_TRUE(failure);
  EXPECT_EQ(failure->attempt, "70");
  EXPECT_STREQ(failure->reason.what(), "place: wrong. Mend it.");
  forget_failure(folder, "job");
  EXPECT_FALSE(noted_failure(folder, "job"));
  fs::remove_all(folder);
}

}  // namespace
}  // namespace pleat::batch
