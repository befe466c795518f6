// PDB entries from folders and tar archives.
#include "search/pdb_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "search/program.h"
#include "tests/compression.h"
#include "tests/search/support.h"
#include "tests/temporary_folder.h"

namespace pleat::search {
namespace {

using ::testing::HasSubstr;

class PdbStoreTest : public ::testing::Test {
 protected:
  // An archive of `members` of the folder, made by tar with `options`.
  fs::path tar(const std::vector<std::string>& options, const std::vector<std::string>& members) {
    const fs::path archive = folder_ / "pdb.tar";
    std::vector<std::string> command = {find_program("tar", "PATH"), "-cf", archive, "-C", folder_.path()};
    command.insert(command.end(), options.begin(), options.end());
    command.insert(command.end(), members.begin(), members.end());
    run_program(command, {});
    return archive;
  }
  test::TemporaryFolder folder_;
};

TEST_F(PdbStoreTest, FolderHasPlainAndCompressedEntries) {
  write_file(folder_ / "1abc.cif", "data_1ABC\n");
  write_file(folder_ / "2abc.cif.gz", test::gzip("data_2ABC\n"));
  write_file(folder_ / "3abc.cif.zst", zstd_compress("data_3ABC\n"));
  write_file(folder_ / "4abc.cif.xz", test::xz("data_4ABC\n"));
  const auto store = PdbStore::open(folder_.path());
  for (const char digit : {'1', '2', '3', '4'}) {
    EXPECT_EQ(store->entry(digit + std::string("abc")), "data_" + std::string(1, digit) + "ABC\n");
  }
  EXPECT_EQ(store->entry("5abc"), std::nullopt);
}

TEST_F(PdbStoreTest, FolderNamesADamagedEntry) {
  write_file(folder_ / "1abc.cif.gz", test::gzip("data_1ABC\n").substr(0, 20));
  EXPECT_THAT(error_of([&] { PdbStore::open(folder_.path())->entry("1abc"); }), HasSubstr("1abc.cif.gz"));
}

TEST_F(PdbStoreTest, TarOfEveryFormatHasItsMembers) {
  const std::string deep(120, 'd'), longer = deep + "/" + std::string(130, 'e');
  write_file(folder_ / "1abc.cif", "data_1ABC\n" + std::string(2000, 'x'));
  write_file(folder_ / ("mmcif/2ABC.cif"), "data_2ABC\n");
  write_file(folder_ / "3abc.cif.gz", test::gzip("data_3ABC\n"));
  write_file(folder_ / (longer + "/4abc.cif"), "data_4ABC\n");
  write_file(folder_ / "empty.cif", "");
  write_file(folder_ / "readme.txt", "no entry\n");
  for (const char* format : {"gnu", "pax", "ustar"}) {
    std::vector<std::string> members = {"1abc.cif", "mmcif", "3abc.cif.gz", "empty.cif", "readme.txt"};
    const bool long_names = format != std::string("ustar");
    if (long_names) members.push_back(deep);
    const auto store = PdbStore::open(tar({std::string("--format=") + format}, members));
    EXPECT_EQ(store->entry("1abc"), "data_1ABC\n" + std::string(2000, 'x')) << format;
    EXPECT_EQ(store->entry("2abc"), "data_2ABC\n") << format;
    EXPECT_EQ(store->entry("3abc"), "data_3ABC\n") << format;
    EXPECT_EQ(store->entry("4abc").has_value(), long_names) << format;
    EXPECT_EQ(store->entry("empty"), "") << format;
    EXPECT_EQ(store->entry("readme"), std::nullopt) << format;
  }
}

TEST_F(PdbStoreTest, TarsLaterMemberReplacesTheEarlier) {
  write_file(folder_ / "old/1abc.cif", "old");
  write_file(folder_ / "new/1abc.cif", "new");
  EXPECT_EQ(PdbStore::open(tar({}, {"old/1abc.cif", "new/1abc.cif"}))->entry("1abc"), "new");
}

TEST_F(PdbStoreTest, DamagedTarIsRefused) {
  write_file(folder_ / "1abc.cif", std::string(5000, 'x'));
  const std::string whole = read_file(tar({}, {"1abc.cif"}));
  write_file(folder_ / "cut.tar", whole.substr(0, 3000));
  EXPECT_THAT(error_of([&] { PdbStore::open(folder_ / "cut.tar"); }),
              HasSubstr("the archive ends inside a member"));
  write_file(folder_ / "text.tar", std::string(600, 'x'));
  EXPECT_THAT(error_of([&] { PdbStore::open(folder_ / "text.tar"); }), HasSubstr("no member header"));
}

TEST_F(PdbStoreTest, SaysWhatItCannotOpen) {
  EXPECT_THAT(error_of([&] { PdbStore::open(folder_ / "none"); }), HasSubstr("there is no such folder"));
  write_file(folder_ / "file.zip", "x");
  EXPECT_THAT(error_of([&] { PdbStore::open(folder_ / "file.zip"); }),
              HasSubstr("neither a folder nor a .tar"));
}

}  // namespace
}  // namespace pleat::search
