// The whole way of a chain against what the reference made of it with the same databases and programs.
#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "search/hmmer_engine.h"
#include "search/msa.h"
#include "search/template_search.h"
#include "tests/search/support.h"
#include "tests/support.h"

namespace pleat::search {
namespace {

using nlohmann::json;

const std::map<SequenceDatabase, std::string> kFiles = {
    {SequenceDatabase::uniref90, "uniref90__subsampled_1000.fasta"},
    {SequenceDatabase::small_bfd, "bfd-first_non_consensus_sequences__subsampled_1000.fasta"},
    {SequenceDatabase::mgnify, "mgy_clusters__subsampled_1000.fa"},
    {SequenceDatabase::uniprot, "uniprot_all__subsampled_1000.fasta"},
    {SequenceDatabase::nt_rna, "nt_rna_2023_02_23_clust_seq_id_90_cov_80_rep_seq__subsampled_1000.fasta"},
    {SequenceDatabase::rfam, "rfam_14_4_clustered_rep_seq__subsampled_1000.fasta"},
    {SequenceDatabase::rna_central, "rnacentral_active_seq_id_90_cov_80_linclust__subsampled_1000.fasta"},
};
constexpr const char* kSeqres = "pdb_seqres_2022_09_28__subsampled_1000.fasta";

class Pipeline {
 public:
  std::string msa(MsaUse use, const std::string& query) const {
    std::vector<DatabaseHits> hits;
    for (const SequenceDatabase database : databases_of(use)) {
      MsaSearch search;
      search.kind = database_rule(database).kind;
      search.query = query;
      search.file = databases_ / kFiles.at(database);
      search.max_sequences = database_rule(database).max_sequences;
      hits.push_back({false, {engine_.search(search, {})}});
    }
    return make_msa(use, query, hits);
  }

  std::vector<input::Template> templates(const std::string& query, const std::string& msa) const {
    const std::string hits = engine_.search(TemplateSearch{query, msa, databases_ / kSeqres, 1}, {});
    return find_templates(query, hits, *store_, {});
  }

 private:
  fs::path databases_ = test::kGolden / "databases";
  HmmerEngine engine_{HmmerPrograms{}};
  std::unique_ptr<PdbStore> store_ = PdbStore::open(databases_ / "pdb_mmcif");
};

void expect_templates(const std::vector<input::Template>& found, const json& expected) {
  ASSERT_EQ(found.size(), expected.size());
  for (size_t i = 0; i < found.size(); ++i) {
    EXPECT_EQ(found[i].mmcif, expected[i]["mmcif"].get<std::string>()) << "template " << i;
    EXPECT_EQ(found[i].query_indices, expected[i]["queryIndices"].get<std::vector<int>>()) << i;
    EXPECT_EQ(found[i].template_indices, expected[i]["templateIndices"].get<std::vector<int>>()) << i;
  }
}

TEST(PipelineGolden, EveryChainHasTheReferencesMsasAndTemplates) {
  PLEAT_REQUIRE_HMMER();
  const Pipeline pipeline;
  int protein_chains = 0, rna_chains = 0, templates = 0;
  for (const auto& folder : fs::directory_iterator(test::kGolden / "pipeline")) {
    SCOPED_TRACE(folder.path().filename().string());
    std::ifstream file(folder.path() / "expected_data.json");
    const json data = json::parse(file);
    for (const json& entity : data["sequences"]) {
      if (entity.contains("protein")) {
        const json& chain = entity["protein"];
        const std::string query = chain["sequence"];
        const std::string unpaired = pipeline.msa(MsaUse::unpaired_protein, query);
        EXPECT_EQ(unpaired, chain["unpairedMsa"].get<std::string>());
        EXPECT_EQ(pipeline.msa(MsaUse::paired_protein, query), chain["pairedMsa"].get<std::string>());
        expect_templates(pipeline.templates(query, unpaired), chain["templates"]);
        templates += static_cast<int>(chain["templates"].size());
        ++protein_chains;
      } else if (entity.contains("rna")) {
        const json& chain = entity["rna"];
        EXPECT_EQ(pipeline.msa(MsaUse::rna, chain["sequence"]), chain["unpairedMsa"].get<std::string>());
        ++rna_chains;
      }
    }
  }
  EXPECT_GT(protein_chains, 5);
  EXPECT_GT(rna_chains, 1);
  EXPECT_GT(templates, 3);
}

}  // namespace
}  // namespace pleat::search
