// Folders of temporary files: gone with their owner, or after it.
#include "search/temporary_folder.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <thread>

#include "tests/search/support.h"
#include "tests/temporary_folder.h"

namespace pleat::search {
namespace {

class TemporaryFolderTest : public ::testing::Test {
 protected:
  TemporaryFolderTest() { setenv("TMPDIR", parent_.path().c_str(), 1); }
  ~TemporaryFolderTest() override { before_ ? setenv("TMPDIR", before_->c_str(), 1) : unsetenv("TMPDIR"); }

  size_t folders() const {
    return static_cast<size_t>(
        std::distance(fs::directory_iterator(parent_.path()), fs::directory_iterator()));
  }
  // A process makes a folder with a file in it and is killed.
  void abandon() const {
    const pid_t child = fork();
    if (child == 0) {
      const TemporaryFolder folder;
      write_file(folder / "some" / "file", "text");
      kill(getpid(), SIGKILL);
    }
    int status = 0;
    waitpid(child, &status, 0);
    EXPECT_TRUE(WIFSIGNALED(status));
  }

  test::TemporaryFolder parent_;

 private:
  const std::optional<std::string> before_ =
      std::getenv("TMPDIR") ? std::optional<std::string>(std::getenv("TMPDIR")) : std::nullopt;
};

TEST_F(TemporaryFolderTest, IsRemovedWithAllItHolds) {
  {
    const TemporaryFolder folder;
    write_file(folder / "some" / "file", "text");
    EXPECT_EQ(folder.path().parent_path(), parent_.path());
  }
  EXPECT_EQ(folders(), 0);
}

TEST_F(TemporaryFolderTest, TellsWhereItCannotBeMade) {
  setenv("TMPDIR", (parent_ / "absent").c_str(), 1);
  EXPECT_NE(error_of([] { TemporaryFolder(); }).find("Set TMPDIR"), std::string::npos);
}

TEST_F(TemporaryFolderTest, AbandonedOnesAreRemovedAndNoOthers) {
  const TemporaryFolder living;
  write_file(living / "file", "text");
  write_file(parent_ / "pleat_tmp_others" / "file", "not ours, as it has no lock");
  fs::create_directory(parent_ / "pleat_tmp_abcdef");  // killed before it had its lock
  abandon();
  abandon();
  EXPECT_EQ(folders(), 5);
  remove_abandoned_folders();
  EXPECT_EQ(folders(), 2);
  EXPECT_TRUE(fs::exists(living / "file"));
  EXPECT_TRUE(fs::exists(parent_ / "pleat_tmp_others" / "file"));
}

TEST_F(TemporaryFolderTest, FoldersAreMadeWhileOthersAreRemoved) {
  std::atomic<bool> done = false;
  std::thread remover([&] {
    while (!done) remove_abandoned_folders();
  });
  for (int i = 0; i < 500; ++i) {
    const TemporaryFolder folder;
    write_file(folder / "file", "text");
    EXPECT_EQ(read_file(folder / "file"), "text");
  }
  done = true;
  remover.join();
  EXPECT_EQ(folders(), 0);
}

}  // namespace
}  // namespace pleat::search
