// Paths of databases, and what the check of a database finds.
#include "search/database.h"

#include <gmock/gmock.h>

#include <cstdlib>

#include "search/database_check.h"
#include "tests/search/support.h"
#include "tests/temporary_folder.h"

namespace pleat::search {
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
  DatabaseReport check(const std::string& path) const {
    return check_database(spec(path), SearchKind::protein, {dir()}, Cancellation());
  }
  static std::vector<std::string> problems(const DatabaseReport& report) {
    std::vector<std::string> texts;
    for (const Error& problem : report.count.problems) texts.emplace_back(problem.what());
    return texts;
  }
  std::vector<std::string> problems(const std::string& path, std::optional<double> z = std::nullopt,
                                    SearchKind kind = SearchKind::protein) const {
    return problems(check_database(spec(path, z), kind, {dir()}, Cancellation()));
  }
  std::vector<std::string> problems_of(const std::string& text, SearchKind kind = SearchKind::protein) const {
    return problems(write("checked.fasta", text), {}, kind);
  }

  test::TemporaryFolder folder_;
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
              HasSubstr("Give the whole path of the shards"));
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
  EXPECT_THAT(problems_of(""), ElementsAre(HasSubstr("checked.fasta: the file is empty")));
  EXPECT_THAT(problems_of(">a\nMK\n>b\nMKV"), IsEmpty());
  EXPECT_THAT(problems_of(">a\nMK\n>b and c"), ElementsAre(HasSubstr("last record has no sequence")));
  EXPECT_THAT(problems_of(">a\nMK\n>b\n"), ElementsAre(HasSubstr("last record has no sequence")));
  EXPECT_THAT(problems_of("<!DOCTYPE html>\n<p>\n"),
              ElementsAre(HasSubstr("checked.fasta: line 1: the file does not start with '>'")));
  EXPECT_THAT(problems_of(">a\nMK\n\0\0\0\n"s),
              ElementsAre(HasSubstr("line 3: the sequence has the byte 0x00")));
  EXPECT_THAT(problems_of("\x1f\x8b\x08 and so on\n"), ElementsAre(HasSubstr("the file is compressed")));
  EXPECT_THAT(problems(dir() + "/absent.fa"), ElementsAre(HasSubstr("does not exist")));
  EXPECT_THAT(problems(dir()), ElementsAre(HasSubstr("is a folder. Give the database's FASTA file.")));
}

TEST_F(DatabaseTest, CheckFindsWhatHmmerRefuses) {
  EXPECT_THAT(problems_of(">a\nMK*~BJOUXZ\r\n"), IsEmpty());
  EXPECT_THAT(problems_of(">a\nMK\n>b\nM-K\nM-K\n"),
              ElementsAre(HasSubstr("line 4: the sequence has the gap '-'. Give sequences without gaps")));
  EXPECT_THAT(problems_of(">a\nM1K\n"),
              ElementsAre(HasSubstr("line 2: the sequence has '1', which is not a residue")));
  EXPECT_THAT(problems_of(">a\nacguTNRYWSX\n", SearchKind::rna), IsEmpty());
  EXPECT_THAT(problems_of(">a\nACGU\n>b\nMKLV\n", SearchKind::rna),
              ElementsAre(HasSubstr(
                  "line 4: the sequence has 'L', which is not a nucleotide. Give RNA sequences, not")));
}

TEST_F(DatabaseTest, CheckFindsNucleotidesAmongProteins) {
  std::string text = ">a\n";
  for (int i = 0; i < 300; ++i) text += "ACGU\n";
  EXPECT_THAT(problems_of(text, SearchKind::rna), IsEmpty());
  EXPECT_THAT(problems_of(text), ElementsAre(HasSubstr("the file holds nucleotides, not proteins")));
  EXPECT_THAT(problems_of(text + ">b\nMK\n"), IsEmpty());
}

TEST_F(DatabaseTest, CheckReadsTheHeadersOfThePdbsSequences) {
  const auto of_headers = [&](const std::string& first, const std::string& second) {
    return problems_of(">" + first + "\nMK\n>" + second + "\nMK\n", SearchKind::templates);
  };
  EXPECT_THAT(of_headers("4ffz_X mol:protein length:111  Envelope protein E\r", "2y3e_A length:2"),
              IsEmpty());
  EXPECT_THAT(
      of_headers("4ffz_X length:2", "4FFZ_X length:2"),
      ElementsAre(HasSubstr("line 3: the header '4FFZ_X length:2' is not PDBID_CHAIN ... length:N. Give")));
  EXPECT_THAT(of_headers("4FFZ:A|PDBID", "4ffz_X"),
              ElementsAre(HasSubstr("line 1: the header '4FFZ:A|PDBID'")));
  EXPECT_THAT(of_headers("4ffz_X length:2", "4ffz_X protein"), ElementsAre(HasSubstr("line 3")));
}

TEST_F(DatabaseTest, ThePdbsSequencesAreOneFile) {
  write("x-00000-of-00001", ">4ffz_X length:2\nMK\n");
  for (const std::string& path : {dir() + "/x@1", std::string("${DB_DIR}/x@1")}) {
    EXPECT_THAT(problems(path, {}, SearchKind::templates),
                ElementsAre("--uniref90_database_path: " + path +
                            " names shards. Give one file. This database cannot be sharded."));
  }
}

TEST_F(DatabaseTest, CheckComparesZValuesWithTheFiles) {
  write("x-00000-of-00002", ">a\nMK\n>b\nMK\n");
  const std::string path = dir() + "/x@2";
  EXPECT_THAT(problems(path, 3), ElementsAre(HasSubstr("1 of 2 shards")));
  write("x-00001-of-00002", ">c\nMK\n");
  EXPECT_THAT(problems(path, 3), IsEmpty());
  EXPECT_THAT(problems(path, 4),
              ElementsAre("--uniref90_z_value: the value is 4, but the database has 3 sequences. Give 3."));
  EXPECT_THAT(problems(path),
              ElementsAre("--uniref90_z_value: the flag is missing, and shards need it. Give 3."));
  write("y-00000-of-00001", ">a\nACG\nUGU");
  EXPECT_THAT(problems(dir() + "/y@1", 6e-6, SearchKind::rna), IsEmpty());
  EXPECT_THAT(problems(dir() + "/y@1", 3, SearchKind::rna),
              ElementsAre(HasSubstr("but the database has 6e-06 megabases")));
}

TEST_F(DatabaseTest, CheckOfThePdbCountsEntries) {
  fs::create_directories(folder_ / "mmcif");
  const auto of_pdb = [&](const std::string& path) { return check_pdb({"pdb", path, {}}, {}); };
  const std::string folder = dir() + "/mmcif";
  EXPECT_THAT(problems(of_pdb(folder)), ElementsAre(folder + ": the folder has no .cif files. Give the PDB's "
                                                             "mmCIF files, named like 1abc.cif."));
  write("mmcif/1abc.cif");
  write("mmcif/2abc.cif.gz");
  write("mmcif/notes.cif.txt");
  EXPECT_THAT(problems(of_pdb(folder)), IsEmpty());
  EXPECT_EQ(of_pdb(folder).count.sequences, 2);
  EXPECT_THAT(problems(of_pdb(dir() + "/absent")), ElementsAre(HasSubstr("--pdb_database_path")));
}

TEST_F(DatabaseTest, CheckOfThePdbLooksIntoArchives) {
  const auto tar = [&](const std::string& name, const std::string& members) {
    const std::string made = dir() + "/" + name;
    const std::string command = "cd '" + dir() + "' && tar cf " + made + " " + members;
    EXPECT_EQ(std::system(command.c_str()), 0);
    return check_pdb({"pdb", made, {}}, {});
  };
  write("1abc.cif");
  write("notes.txt");
  EXPECT_EQ(tar("good.tar", "1abc.cif notes.txt").count.sequences, 1);
  EXPECT_THAT(problems(tar("good.tar", "1abc.cif notes.txt")), IsEmpty());
  EXPECT_THAT(problems(tar("other.tar", "notes.txt")),
              ElementsAre(HasSubstr("other.tar: the archive has no .cif")));
  EXPECT_THAT(problems(tar("none.tar", "--files-from=/dev/null")),
              ElementsAre(HasSubstr("the archive has no .cif")));
  const DatabaseReport empty = check_pdb({"pdb", write("empty.tar", ""), {}}, {});
  EXPECT_THAT(problems(empty), ElementsAre(HasSubstr("empty.tar: the archive has no .cif files")));
}

}  // namespace
}  // namespace pleat::search
