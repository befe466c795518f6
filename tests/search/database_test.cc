// Paths of databases, and what the check of a database finds.
#include "search/database.h"

#include <gmock/gmock.h>

#include "search/database_check.h"
#include "tests/search/support.h"
#include "tests/temporary_folder.h"

namespace pleat::test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class DatabaseTest : public ::testing::Test {
 protected:
  std::string write(const std::string& name, const std::string& text = ">a\nMK\n") const {
    write_file(folder_ / name, text);
    return (folder_ / name).string();
  }
  std::string dir() const { return folder_.path().string(); }
  DatabaseSpec spec(const std::string& path, std::optional<double> z = std::nullopt) const {
    return {"uniref90", path, z};
  }
  DatabaseReport check(const std::string& path, std::optional<double> z = std::nullopt,
                       MsaSearch::Kind kind = MsaSearch::Kind::protein) const {
    return check_database(spec(path, z), kind, {dir()}, Cancellation());
  }
  std::vector<std::string> problems_of(const std::string& text) const {
    return check(write("checked.fasta", text)).count.problems;
  }

  TemporaryFolder folder_;
};

TEST_F(DatabaseTest, ShardPathsAreNumberedAndKeepTheirSuffix) {
  EXPECT_THAT(*shard_files("/db/file@2"), ElementsAre("/db/file-00000-of-00002", "/db/file-00001-of-00002"));
  EXPECT_THAT(*shard_files("/db/file.fa@1.gz"), ElementsAre("/db/file.fa-00000-of-00001.gz"));
  EXPECT_EQ(shard_files("/db/file"), std::nullopt);
  EXPECT_EQ(shard_files("/db/file@123456"), std::nullopt);
  EXPECT_EQ(shard_files("/db/file@2fasta"), std::nullopt);
}

TEST_F(DatabaseTest, AStarTakesTheLargestNumberOfShards) {
  write("x-00000-of-00002.fa");
  write("x-00000-of-00003.fa");
  write("x-00000-of-000zz.fa");
  EXPECT_EQ(shard_files(dir() + "/x@*.fa")->size(), 3);
  EXPECT_EQ(shard_files(dir() + "/y@*.fa"), std::nullopt);
}

TEST_F(DatabaseTest, ThePlaceholderIsTheFirstFolderThatHasTheFile) {
  fs::create_directories(folder_ / "first");
  fs::create_directories(folder_ / "second");
  write("second/db.fa");
  const std::vector<std::string> dirs = {dir() + "/first", dir() + "/second"};
  EXPECT_EQ(resolve_path(spec("${DB_DIR}/db.fa"), dirs), dir() + "/second/db.fa");
  EXPECT_EQ(resolve_path(spec("$DB_DIR/db.fa"), dirs), dir() + "/second/db.fa");
  write("first/db.fa");
  EXPECT_EQ(resolve_path(spec("${DB_DIR}/db.fa"), dirs), dir() + "/first/db.fa");
  const std::string error = error_of([&] { resolve_path(spec("${DB_DIR}/absent.fa"), dirs); });
  EXPECT_THAT(error, HasSubstr("--uniref90_database_path: ${DB_DIR}/absent.fa is in none of the folders"));
  EXPECT_THAT(error, HasSubstr("--db_dir"));
}

TEST_F(DatabaseTest, ShardsMustAllExistAndNeedAZValue) {
  write("x-00000-of-00002");
  const std::string path = dir() + "/x@2";
  EXPECT_THAT(error_of([&] { resolve_database(spec(path, 10), {}); }),
              HasSubstr("1 of 2 shards of " + path + " are missing (x-00001-of-00002)"));
  write("x-00001-of-00002");
  EXPECT_THAT(error_of([&] { resolve_database(spec(path), {}); }), HasSubstr("--uniref90_z_value"));
  const Database database = resolve_database(spec(path, 10), {});
  EXPECT_TRUE(database.sharded);
  EXPECT_EQ(database.files.size(), 2);
  EXPECT_EQ(database.z_value, 10);
}

TEST_F(DatabaseTest, ShardsDoNotGoWithThePlaceholder) {
  write("x-00000-of-00001");
  EXPECT_THAT(error_of([&] { resolve_database(spec("${DB_DIR}/x@1", 10), {dir()}); }),
              HasSubstr("Shards need their whole path"));
}

TEST_F(DatabaseTest, CheckCountsSequencesAndResidues) {
  const DatabaseReport report = check(write("db.fa", ">a one\nMKV\r\nLL\n\n>b\nM*\n"));
  EXPECT_THAT(report.count.problems, IsEmpty());
  EXPECT_EQ(report.count.sequences, 2);
  EXPECT_EQ(report.count.residues, 7);
  EXPECT_EQ(report.count.bytes, 22);
}

TEST_F(DatabaseTest, CheckReadsFilesLargerThanItsBuffer) {
  std::string text;
  for (int i = 0; i < 40000; ++i)
    text += ">name" + std::to_string(i) + "\nMKVLAAGICQWERTYNMKVLAAGICQWERTYN\n";
  const DatabaseReport report = check(write("db.fa", text));
  EXPECT_THAT(report.count.problems, IsEmpty());
  EXPECT_EQ(report.count.sequences, 40000);
  EXPECT_EQ(report.count.residues, 40000 * 32);
}

TEST_F(DatabaseTest, CheckFindsDamagedFiles) {
  using namespace std::string_literals;
  EXPECT_THAT(problems_of(""), ElementsAre(HasSubstr("checked.fasta: it is empty")));
  EXPECT_THAT(problems_of(">a\nMK\n>b\nMKV"), ElementsAre(HasSubstr("ends in the middle of line 4")));
  EXPECT_THAT(problems_of(">a\nMK\n>b and c"), ElementsAre(HasSubstr("ends in the middle of line 3")));
  EXPECT_THAT(problems_of(">a\nMK\n>b\n"), ElementsAre(HasSubstr("last record has no sequence")));
  EXPECT_THAT(problems_of("<!DOCTYPE html>\n<p>\n"), ElementsAre(HasSubstr("line 1 is no FASTA header")));
  EXPECT_THAT(problems_of(">a\nMK\n\0\0\0\n"s), ElementsAre(HasSubstr("line 3 holds the byte 0x00")));
  EXPECT_THAT(problems_of("\x1f\x8b\x08 and so on\n"), ElementsAre(HasSubstr("it is compressed")));
  EXPECT_THAT(check(dir() + "/absent.fa").count.problems, ElementsAre(HasSubstr("does not exist")));
  EXPECT_THAT(check(dir()).count.problems, ElementsAre(HasSubstr("is a folder. Give its FASTA file.")));
}

TEST_F(DatabaseTest, CheckComparesZValuesWithTheFiles) {
  write("x-00000-of-00002", ">a\nMK\n>b\nMK\n");
  EXPECT_THAT(check(dir() + "/x@2", 3).count.problems, ElementsAre(HasSubstr("1 of 2 shards")));
  write("x-00001-of-00002", ">c\nMK\n");
  EXPECT_THAT(check(dir() + "/x@2", 3).count.problems, IsEmpty());
  EXPECT_THAT(check(dir() + "/x@2", 4).count.problems,
              ElementsAre(HasSubstr("--uniref90_z_value is 4, but there are 3 sequences")));
  EXPECT_THAT(check(dir() + "/x@2").count.problems,
              ElementsAre(HasSubstr("shards need --uniref90_z_value: 3")));
  EXPECT_THAT(check(dir() + "/x@2", 6e-6, MsaSearch::Kind::rna).count.problems, IsEmpty());
  EXPECT_THAT(check(dir() + "/x@2", 3, MsaSearch::Kind::rna).count.problems,
              ElementsAre(HasSubstr("but there are 6e-06 megabases")));
}

TEST_F(DatabaseTest, CheckOfThePdbCountsEntries) {
  fs::create_directories(folder_ / "mmcif");
  const DatabaseSpec pdb{"pdb", dir() + "/mmcif", {}};
  EXPECT_THAT(check_pdb(pdb, {}).count.problems, ElementsAre(HasSubstr("no .cif files")));
  write("mmcif/1abc.cif");
  write("mmcif/2abc.cif.gz");
  EXPECT_THAT(check_pdb(pdb, {}).count.problems, IsEmpty());
  EXPECT_EQ(check_pdb(pdb, {}).count.sequences, 2);
  EXPECT_THAT(check_pdb({"pdb", dir() + "/absent", {}}, {}).count.problems,
              ElementsAre(HasSubstr("--pdb_database_path")));
}

}  // namespace
}  // namespace pleat::test
