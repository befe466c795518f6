// The engine's dealings with HMMER's programs, apart from what the golden test compares.
#include "search/hmmer_engine.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "search/msa.h"
#include "tests/search/support.h"
#include "tests/temporary_folder.h"

namespace pleat::search {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;
using ::testing::Not;

const std::string kUbiquitin = "MQIFVKTLTGKTITLEVEPSDTIENVKAKIQDKEGIPPDQQRLIFAGKQLEDGRTLSDYNIQKESTLHLVLRLRGG";

class HmmerEngineTest : public ::testing::Test {
 protected:
  // A program that writes its arguments to a file and then does `script`.
  fs::path fake(const std::string& name, const std::string& script) {
    const fs::path path = folder_ / name;
    write_file(path, "#!/bin/sh\necho \"$@\" >> " + (folder_ / (name + ".called")).string() + "\n" + script);
    chmod(path.c_str(), 0755);
    return path;
  }
  std::string calls(const std::string& name) { return read_file(folder_ / (name + ".called")); }
  test::TemporaryFolder folder_;
};

MsaSearch protein_search(const fs::path& file) {
  MsaSearch search;
  search.query = kUbiquitin;
  search.file = file;
  search.max_sequences = 100;
  return search;
}

TEST_F(HmmerEngineTest, CallsJackhmmerAsTheReferenceDoes) {
  const auto writes_alignment = [](const std::string& help) {
    return "case \"$1\" in -h) " + help +
           ";; esac\nwhile [ \"$1\" != -A ]; do shift; done\nprintf 'query ACD\\n' > $2\n";
  };
  const HmmerEngine plain({.jackhmmer = fake("plain", writes_alignment("exit 1"))});
  EXPECT_EQ(plain.search(protein_search("db.fasta"), {}).a3m, ">query \nACD\n");
  EXPECT_THAT(calls("plain"),
              HasSubstr("--noali --F1 0.0005 --F2 5e-05 --F3 5e-07 --cpu 1 -N 1 -E 0.0001 --incE 0.0001 "));
  EXPECT_THAT(calls("plain"), Not(HasSubstr("-Z")));

  const HmmerEngine limiting(
      {.jackhmmer = fake("limiting",
                         "for a in \"$@\"; do [ \"$a\" = --tblout ] && t=1; [ \"$t\" = 1 ] && "
                         "[ \"$a\" != --tblout ] && { echo table > $a; t=; }; done\n" +
                             writes_alignment("exit 0"))});
  MsaSearch search = protein_search("db.fasta");
  search.z_value = 153742194;
  search.shard = true;
  search.threads = 3;
  EXPECT_EQ(limiting.search(search, {}).scores, "table\n");
  EXPECT_THAT(calls("limiting"),
              AllOf(HasSubstr("--cpu 3"), HasSubstr("-Z 153742194 --domZ 153742194 --seq_limit 100"),
                    HasSubstr("query.fasta db.fasta")));
}

TEST_F(HmmerEngineTest, AsksForRnaWithItsOwnLimits) {
  const HmmerEngine engine({.nhmmer = fake("nhmmer", "")});
  MsaSearch search;
  search.kind = MsaSearch::Kind::rna;
  search.query = std::string(50, 'A');
  search.file = "rna.fasta";
  search.max_sequences = 10;
  search.z_value = 13046.5;
  EXPECT_EQ(engine.search(search, {}).a3m, ">query\n" + search.query + "\n");
  EXPECT_THAT(calls("nhmmer"), AllOf(HasSubstr("-E 0.001 -Z 13046.5 --rna -A"), HasSubstr("--F3 1e-05")));
  search.query = std::string(49, 'A');
  engine.search(search, {});
  EXPECT_THAT(calls("nhmmer"), HasSubstr("--F3 0.02"));
}

TEST_F(HmmerEngineTest, FailsOnlyWhereAMissingProgramIsNeeded) {
  const HmmerEngine engine(
      {.jackhmmer = "/none/jackhmmer", .nhmmer = fake("nhmmer", ""), .hmmbuild = "none_build"});
  EXPECT_THAT(error_of([&] { engine.search(protein_search("x"), {}); }),
              AllOf(HasSubstr("/none/jackhmmer"), HasSubstr("--jackhmmer_binary_path")));
  EXPECT_THAT(error_of([&] {
                engine.search(TemplateSearch{"A", ">q\nA\n", "x", 1}, {});
              }),
              HasSubstr("--hmmbuild_binary_path"));
  MsaSearch rna;
  rna.kind = MsaSearch::Kind::rna;
  rna.query = "ACGU";
  EXPECT_NO_THROW(engine.search(rna, {}));
}

TEST_F(HmmerEngineTest, TellsWhatAProgramSaid) {
  PLEAT_REQUIRE_HMMER();
  EXPECT_THAT(error_of([&] { HmmerEngine({}).search(protein_search(folder_ / "none.fasta"), {}); }),
              AllOf(HasSubstr("jackhmmer"), HasSubstr("exit status 1"), HasSubstr("none.fasta")));
}

TEST_F(HmmerEngineTest, IdentityNamesVersions) {
  PLEAT_REQUIRE_HMMER();
  EXPECT_THAT(HmmerEngine({}).identity(), MatchesRegex("HMMER ([0-9.]+ ){4}[0-9.]+( with limited hits)?"));
  EXPECT_THAT(HmmerEngine({.jackhmmer = "/none"}).identity(),
              MatchesRegex("HMMER missing ([0-9.]+ ){3}[0-9.]+"));
}

TEST_F(HmmerEngineTest, SearchesOfShardsMergeToTheSearchOfTheWhole) {
  PLEAT_REQUIRE_HMMER();
  std::string halves[2];
  for (int i = 0; i < 8; ++i) {
    std::string relative = kUbiquitin;
    for (int k = 0; k <= i; ++k) relative[static_cast<size_t>(9 * k + 3)] = "ACDEFGHI"[k];
    halves[i % 2] +=
        ">relative" + std::to_string(i) + " number " + std::to_string(i) + "\n" + relative + "\n";
  }
  write_file(folder_ / "whole.fasta", halves[0] + halves[1]);
  const HmmerEngine engine{HmmerPrograms{}};
  MsaSearch search = protein_search(folder_ / "whole.fasta");
  search.z_value = 1000;
  const std::string whole = make_msa(MsaUse::paired_protein, kUbiquitin,
                                     std::vector{DatabaseHits{false, {engine.search(search, {})}}});
  DatabaseHits shards{true, {}};
  search.shard = true;
  for (int i = 0; i < 2; ++i) {
    search.file = folder_ / ("shard" + std::to_string(i));
    write_file(search.file, halves[i]);
    shards.files.push_back(engine.search(search, {}));
  }
  EXPECT_THAT(whole, HasSubstr(">relative7/1-76 [subseq from] number 7\n"));
  EXPECT_EQ(make_msa(MsaUse::paired_protein, kUbiquitin, std::vector{shards}), whole);
}

TEST_F(HmmerEngineTest, StopsWhenCancelled) {
  Cancellation cancellation;
  cancellation.request();
  EXPECT_THROW(HmmerEngine({.jackhmmer = fake("slow", "sleep 60")}).search(protein_search("x"), cancellation),
               Cancelled);
}

TEST_F(HmmerEngineTest, MissingProgramsAreObstaclesOfWhatNeedsThem) {
  const HmmerEngine engine({.jackhmmer = fake("jackhmmer", "exit 1"),
                            .nhmmer = "/nowhere/nhmmer",
                            .hmmalign = "/nowhere/hmmalign",
                            .hmmsearch = fake("hmmsearch", ""),
                            .hmmbuild = fake("hmmbuild", "")});
  Findings others, found;
  engine.check_ready(SearchKind::protein, others);
  engine.check_ready(SearchKind::templates, others);
  EXPECT_TRUE(others.problems.empty());
  engine.check_ready(SearchKind::rna, found);
  const std::vector<Error>& rna = found.problems;
  ASSERT_EQ(rna.size(), 2);
  EXPECT_THAT(rna[0].what(), AllOf(HasSubstr("/nowhere/nhmmer"), HasSubstr("--nhmmer_binary_path")));
  EXPECT_THAT(engine.identity(), HasSubstr("missing"));  // jackhmmer has no help: no search fails for that
}

}  // namespace
}  // namespace pleat::search
