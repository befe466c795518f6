// Merging the results of shards, and joining databases to MSAs, rule by rule.
#include "search/msa.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "search/shard_merge.h"
#include "tests/search/support.h"

namespace pleat::search {
namespace {

using ::testing::HasSubstr;

struct Hit {
  std::string header, row, e_value, score;
};

// jackhmmer's table: name, accession, query, accession, E value, score, ...
std::string protein_line(const std::string& name, const std::string& e_value, const std::string& score) {
  return name + "  -  query  -  " + e_value + "  " + score +
         "  0.1 1e-5 20 0.1 1.0 1 0 0 1 1 1 1 some words\n";
}

// A shard whose table has a line for every hit, in the order given.
MsaHits protein_shard(const std::vector<Hit>& hits) {
  MsaHits shard{">query \nACD\n", "# target name\n#\n"};
  for (const Hit& hit : hits) {
    shard.a3m += ">" + hit.header + "\n" + hit.row + "\n";
    const std::string name = hit.header.substr(0, hit.header.find_first_of("/ "));
    shard.scores += protein_line(name, hit.e_value, hit.score);
  }
  return shard;
}

// The names of the merged rows after the query.
std::string merged(const std::vector<MsaHits>& shards, int max_sequences = 100,
                   MsaSearch::Kind kind = MsaSearch::Kind::protein) {
  const std::string a3m = merge_shards(kind, "ACD", shards, max_sequences);
  EXPECT_EQ(a3m.substr(0, 11), ">query\nACD\n");
  std::string names;
  for (size_t at = a3m.find('>', 1); at != a3m.npos; at = a3m.find('>', at + 1)) {
    names += (names.empty() ? "" : " ") + a3m.substr(at + 1, a3m.find_first_of(" \n", at) - at - 1);
  }
  return names;
}

TEST(MergeProteinShards, OrdersByEValueThenScoreThenName) {
  EXPECT_EQ(merged({protein_shard({{"d/1-3", "ACD", "1e-20", "80"}, {"b/1-3", "ACD", "1e-5", "20"}}),
                    protein_shard({{"c/1-3", "ACD", "1e-20", "90.5"}, {"a/1-3", "ACD", "1e-5", "20"}})}),
            "c/1-3 d/1-3 a/1-3 b/1-3");
}

TEST(MergeProteinShards, KeepsHeadersAndRows) {
  EXPECT_EQ(
      merge_shards(MsaSearch::Kind::protein, "ACD",
                   std::vector{protein_shard({{"a/1-3 [subseq from] words", "AkC-", "1e-20", "80"}})}, 9),
      ">query\nACD\n>a/1-3 [subseq from] words\nAkC-\n");
}

TEST(MergeProteinShards, TakesTheEarlierShardOfEqualRows) {
  // Two domains of one sequence and the same name in two shards: equal keys throughout.
  EXPECT_EQ(merged({protein_shard({{"a/1-3", "ACD", "1e-5", "20"}, {"a/5-7", "ACD", "1e-5", "20"}}),
                    protein_shard({{"a/9-11", "ACD", "1e-5", "20"}})}),
            "a/1-3 a/5-7 a/9-11");
}

TEST(MergeProteinShards, DoesNotSortWithinAShard) {
  EXPECT_EQ(merged({protein_shard({{"late/1-3", "ACD", "1e-2", "5"}, {"early/1-3", "ACD", "1e-30", "99"}}),
                    protein_shard({{"middle/1-3", "ACD", "1e-10", "50"}})}),
            "middle/1-3 late/1-3 early/1-3");
}

TEST(MergeProteinShards, LetsALaterTableReplaceTheScoresOfAName) {
  MsaHits first = protein_shard({{"a/1-3", "ACD", "1e-30", "90"}});
  MsaHits second = protein_shard({{"b/1-3", "ACD", "1e-20", "60"}});
  second.scores += protein_line("a", "1e-3", "9");
  EXPECT_EQ(merged({first, second}), "b/1-3 a/1-3");
  EXPECT_EQ(merged({second, first}), "a/1-3 b/1-3");
}

TEST(MergeProteinShards, DropsHitsWithoutScores) {
  MsaHits shard = protein_shard({{"a/1-3", "ACD", "1e-30", "90"}});
  shard.a3m += ">unlisted/1-3 words\nACD\n";
  EXPECT_EQ(merged({shard}), "a/1-3");
}

TEST(MergeProteinShards, CutsNamesAtASlash) {
  // The name "x/y" stands whole in the table: the hit "x/y/1-3" is looked for as "x".
  MsaHits shard{">query \nACD\n>x/y/1-3\nACD\n", protein_line("x/y", "1e-9", "40")};
  EXPECT_EQ(merged({shard}), "");
  shard.scores += protein_line("x", "1e-9", "40");
  EXPECT_EQ(merged({shard}), "x/y/1-3");
}

TEST(MergeProteinShards, CutsToTheMaximumWithTheQuery) {
  const std::vector<MsaHits> shards = {
      protein_shard({{"a/1-3", "ACD", "1e-9", "40"}, {"b/1-3", "ACD", "1e-8", "39"}}),
      protein_shard({{"c/1-3", "ACD", "1e-7", "38"}})};
  EXPECT_EQ(merged(shards, 3), "a/1-3 b/1-3");
  EXPECT_EQ(merged(shards, 1), "");
  EXPECT_EQ(merged({protein_shard({}), protein_shard({})}), "");
}

TEST(MergeProteinShards, ReadsTheSmallestNumbers) {
  EXPECT_EQ(merged({protein_shard({{"b/1-3", "ACD", "1e-308", "900"}}),
                    protein_shard({{"a/1-3", "ACD", "0", "900"}}),
                    protein_shard({{"c/1-3", "ACD", "1e-400", "900"}})}),
            "a/1-3 c/1-3 b/1-3");
}

TEST(MergeProteinShards, RefusesTablesItCannotRead) {
  MsaHits shard = protein_shard({});
  shard.scores = "a - query - many 4\n";
  EXPECT_THAT(error_of([&] { merged({shard}); }), HasSubstr("'many' is not a number"));
  shard.scores = "a - query\n";
  EXPECT_THAT(error_of([&] { merged({shard}); }), HasSubstr("fewer columns"));
}

// nhmmer's table: name, accession, query, accession, hmm from, to, ali from, to, env from, to, length,
// strand, E value, score, bias, description.
std::string rna_line(const std::string& name, const std::string& from, const std::string& to,
                     const std::string& e_value) {
  return name + " - query - 1 3 " + from + " " + to + " 1 9 100 + " + e_value + " 12.0 0.1 words\n";
}

TEST(MergeRnaShards, LooksUpPiecesOfASequenceByTheirEnds) {
  const MsaHits first{">query\nACD\n>a/1-3 x\nACD\n>a/9-7 x\nACD\n",
                      rna_line("a", "1", "3", "1e-9") + rna_line("a", "9", "7", "1e-5")};
  const MsaHits second{">query\nACD\n>b/1-3 x\nACD\n>b/4-6\nACD\n", rna_line("b", "1", "3", "1e-7")};
  EXPECT_EQ(merged({first, second}, 100, MsaSearch::Kind::rna), "a/1-3 b/1-3 a/9-7");
}

TEST(MergeRnaShards, OrdersEqualEValuesByName) {
  const MsaHits first{">query\nACD\n>b/1-3\nACD\n", rna_line("b", "1", "3", "1e-9")};
  const MsaHits second{">query\nACD\n>a/1-3\nACD\n", rna_line("a", "1", "3", "1e-9")};
  EXPECT_EQ(merged({first, second}, 100, MsaSearch::Kind::rna), "a/1-3 b/1-3");
}

DatabaseHits whole(const std::string& a3m) { return {false, {{a3m, ""}}}; }

TEST(MakeMsa, UnpairedRowsStandOnceInsertionsNotCounting) {
  const std::vector<DatabaseHits> hits = {whole(">query\nACD\n>a x\nAkCD\n>b\nA-D\n"),
                                          whole(">query\nACD\n>c\nAC-\n"),
                                          whole(">query\nACD\n>d\nkAC-k\n>e\n-CD\n")};
  EXPECT_EQ(make_msa(MsaUse::unpaired_protein, "ACD", hits), ">query\nACD\n>b\nA-D\n>c\nAC-\n>e\n-CD\n");
}

TEST(MakeMsa, PairedRowsStayAsTheyAre) {
  const std::string a3m = ">query\nACD\n>a\nACD\n>b\nACD\n";
  EXPECT_EQ(make_msa(MsaUse::paired_protein, "ACD", std::vector{whole(a3m)}), a3m);
}

TEST(MakeMsa, ShardsAreMergedFirst) {
  const DatabaseHits hits{
      true,
      {protein_shard({{"b/1-3", "A-D", "1e-5", "20"}}), protein_shard({{"a/1-3", "AC-", "1e-9", "30"}})}};
  EXPECT_EQ(make_msa(MsaUse::paired_protein, "ACD", std::vector{hits}),
            ">query\nACD\n>a/1-3\nAC-\n>b/1-3\nA-D\n");
}

TEST(MakeMsa, ALoneShardIsMergedToo) {
  MsaHits shard = protein_shard({{"a/1-3", "AC-", "1e-9", "30"}});
  shard.a3m += ">unlisted\nACD\n";
  EXPECT_EQ(make_msa(MsaUse::paired_protein, "ACD", std::vector{DatabaseHits{true, {shard}}}),
            ">query\nACD\n>a/1-3\nAC-\n");
}

TEST(MakeMsa, AcceptsAQueryThatTheNetworkReadsTheSame) {
  const std::string a3m = ">query\nDCEX\n";
  EXPECT_EQ(make_msa(MsaUse::paired_protein, "BUZO", std::vector{whole(a3m)}), a3m);
  EXPECT_THAT(error_of([&] { make_msa(MsaUse::paired_protein, "BUZA", std::vector{whole(a3m)}); }),
              HasSubstr("DCEX, not the query BUZA"));
  const std::string rna = ">query\nACGN\n";
  EXPECT_NO_THROW(make_msa(MsaUse::rna, "ACGT", std::vector{whole(rna), whole(rna), whole(rna)}));
  EXPECT_THAT(error_of([&] {
                make_msa(MsaUse::rna, "ACGU", std::vector{whole(rna), whole(rna), whole(rna)});
              }),
              HasSubstr("not the query ACGU"));
}

TEST(MakeMsa, NamesTheDatabasesInTheOrderOfTheirRows) {
  EXPECT_THAT(databases_of(MsaUse::unpaired_protein),
              ::testing::ElementsAre(SequenceDatabase::uniref90, SequenceDatabase::small_bfd,
                                     SequenceDatabase::mgnify));
  EXPECT_THAT(databases_of(MsaUse::rna),
              ::testing::ElementsAre(SequenceDatabase::rfam, SequenceDatabase::rna_central,
                                     SequenceDatabase::nt_rna));
  EXPECT_EQ(database_rule(SequenceDatabase::uniprot).max_sequences, 50'000);
  EXPECT_EQ(database_rule(SequenceDatabase::mgnify).max_sequences, 5'000);
  EXPECT_EQ(database_rule(SequenceDatabase::nt_rna).kind, MsaSearch::Kind::rna);
}

TEST(MakeMsa, QueryAlone) { EXPECT_EQ(query_only_msa("ACD"), ">Original query\nACD\n"); }

}  // namespace
}  // namespace pleat::search
