// Which searches jobs need, that each is done once, and what its failure means; with an engine of the test's
// own.
#include "search/data_pipeline.h"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <atomic>
#include <chrono>
#include <set>
#include <thread>

#include "tests/search/support.h"
#include "tests/temporary_folder.h"

namespace pleat::search {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using namespace std::chrono_literals;

// Finds one hit, named by the file, in each file. Fails in files whose name holds "broken".
class FakeEngine : public SearchEngine {
 public:
  MsaHits search(const MsaSearch& search, const Cancellation& cancellation) const override {
    note(search.file.filename().string() + " " + search.query);
    while (slow && !cancellation.requested()) std::this_thread::sleep_for(1ms);
    if (cancellation.requested()) throw Cancelled();
    if (search.file.string().find("broken") != std::string::npos)
      throw Error("jackhmmer --cpu 2", "it ended with status 1", "");
    const std::string name = search.file.filename().string();
    const std::string scores =
        search.shard ? name + " - query - 1e-9 100.0 0.0 1e-9 100.0 0.0 1.0 1 0 0 1 1 1 1 -\n" : "";
    const std::string hit(search.query.size(), search.kind == MsaSearch::Kind::rna ? 'A' : 'M');
    return {">query\n" + search.query + "\n>" + name + "\n" + hit + "\n", scores};
  }
  bool searches_together(MsaSearch::Kind kind) const override {
    return together && kind == MsaSearch::Kind::protein;
  }
  // Fails for a query with a W alone.
  std::vector<MsaOutcome> search_together(std::span<const MsaSearch> searches,
                                          const Cancellation& cancellation) const override {
    std::vector<MsaOutcome> outcomes;
    note(fmt::format("pass of {}", searches.size()));
    for (const MsaSearch& one : searches) {
      if (one.query.find('W') == std::string::npos)
        outcomes.emplace_back(search(one, cancellation));
      else
        outcomes.emplace_back(Error("sequence x", "it is out of range"));
    }
    return outcomes;
  }
  std::string search(const TemplateSearch& search, const Cancellation&) const override {
    note(search.file.filename().string() + " " + search.query);
    const std::lock_guard lock(mutex_);
    template_msas_.push_back(search.a3m);
    return "";
  }
  std::string identity() const override { return "fake"; }
  void check_ready(SearchKind kind, Findings& found) const override {
    if (kind == SearchKind::rna) found.problems = rna_problems;
  }

  std::vector<std::string> calls() const {
    const std::lock_guard lock(mutex_);
    return calls_;
  }
  std::vector<std::string> template_msas() const { return template_msas_; }

  bool together = false;
  bool slow = false;  // searches end by cancellation only
  std::vector<Error> rna_problems;

 private:
  void note(const std::string& call) const {
    const std::lock_guard lock(mutex_);
    calls_.push_back(call);
  }

  mutable std::mutex mutex_;
  mutable std::vector<std::string> calls_, template_msas_;
};

input::ProteinChain protein(const std::string& id, const std::string& sequence) {
  input::ProteinChain chain;
  chain.id = id;
  chain.sequence = sequence;
  return chain;
}

input::RnaChain rna(const std::string& id, const std::string& sequence) {
  input::RnaChain chain;
  chain.id = id;
  chain.sequence = sequence;
  return chain;
}

input::FoldInput job(const std::string& name, std::vector<input::Chain> chains) {
  input::FoldInput input;
  input.name = name;
  input.chains = std::move(chains);
  input.seeds = {1};
  return input;
}

class DataPipelineTest : public ::testing::Test {
 protected:
  DataPipelineTest() {
    config_.db_dirs = {folder_.path().string()};
    for (DatabaseSpec& spec : config_.databases) add(spec, spec.name);
    add(config_.seqres, "seqres");
    config_.pdb.path = (folder_ / "pdb").string();
    fs::create_directories(folder_ / "pdb");
  }

  void add(DatabaseSpec& spec, const std::string& file) {
    spec.path = "${DB_DIR}/" + file;
    write_file(folder_ / file, ">a\nMK\n");
  }
  DatabaseSpec& database(SequenceDatabase database) {
    return config_.databases[static_cast<size_t>(database)];
  }

  // Searches for all jobs, then completes each; an Error's text in place of a job that fails.
  struct Outcome {
    input::FoldInput input;
    std::vector<std::string> failures;  // by search()
    std::string error;                  // of complete(), "" when search() has reported
    const input::ProteinChain& protein(size_t i = 0) const {
      return std::get<input::ProteinChain>(input.chains[i]);
    }
  };
  std::vector<Outcome> run(const std::vector<input::FoldInput>& jobs, int cores = 2) {
    DataPipeline pipeline(config_, {}, engine_, cache_);
    std::vector<Outcome> outcomes(jobs.size());
    pipeline.search(jobs, cores, cancellation_, [&](std::span<const size_t> failed, const Error& reason) {
      for (const size_t job : failed) outcomes[job].failures.push_back(reason.what());
      ++reasons_told_;
      calls_at_failure_ = engine_.calls().size();
    });
    const size_t calls = engine_.calls().size();
    for (size_t i = 0; i < jobs.size(); ++i) {
      const auto complete = [&] { outcomes[i].input = pipeline.complete(jobs[i], cancellation_); };
      if (outcomes[i].failures.empty()) {
        outcomes[i].error = error_of(complete);
      } else {
        EXPECT_THROW(complete(), FailedInSearch);
      }
    }
    EXPECT_EQ(engine_.calls().size(), calls);
    return outcomes;
  }

  test::TemporaryFolder folder_;
  SearchConfig config_;
  FakeEngine engine_;
  SearchCache cache_{std::nullopt};
  Cancellation cancellation_;
  size_t calls_at_failure_ = 0;  // of the last failure
  int reasons_told_ = 0;
};

TEST_F(DataPipelineTest, AProteinIsSearchedForInFourDatabasesAndThePdb) {
  const auto done = run({job("one", {protein("A", "MKV")})});
  ASSERT_EQ(done[0].error, "");
  EXPECT_THAT(engine_.calls(), ::testing::UnorderedElementsAre("uniref90 MKV", "small_bfd MKV", "mgnify MKV",
                                                               "uniprot_cluster_annot MKV", "seqres MKV"));
  EXPECT_EQ(done[0].protein().unpaired_msa, ">query\nMKV\n>uniref90\nMMM\n");  // equal rows once
  EXPECT_EQ(done[0].protein().paired_msa, ">query\nMKV\n>uniprot_cluster_annot\nMMM\n");
  EXPECT_TRUE(done[0].protein().templates->empty());
  EXPECT_THAT(engine_.template_msas(), ElementsAre(*done[0].protein().unpaired_msa));
}

TEST_F(DataPipelineTest, QueriesOfOneFileGoTogetherAndFailAlone) {
  engine_.together = true;
  const auto done =
      run({job("a", {protein("A", "MKV")}), job("b", {protein("A", "MKL"), protein("B", "MKV")}),
           job("bad", {protein("A", "MKW"), protein("B", "MVV")})});
  EXPECT_EQ(done[0].error + done[1].error, "");
  ASSERT_EQ(done[2].failures.size(), 1u);
  EXPECT_THAT(done[2].failures[0],
              AllOf(HasSubstr("chain A of bad"), HasSubstr("sequence x: it is out of range")));
  std::multiset<std::string> passes;
  for (const std::string& call : engine_.calls())
    if (call.starts_with("pass")) passes.insert(call);
  EXPECT_EQ(passes.size(), 4u);
  EXPECT_GE(passes.count("pass of 4"), 1u);  // later ones leave out what a failed job needs
}

TEST_F(DataPipelineTest, PartsDoEachSearchOnce) {
  const std::vector<input::FoldInput> jobs = {job("a", {protein("A", "MKV")}),
                                              job("b", {protein("A", "MKLV")})};
  for (const int count : {2, 3, 8}) {
    FakeEngine engine;
    SearchCache cache{std::nullopt};
    for (int index = count - 1; index >= 0; --index) {
      DataPipeline pipeline(config_, {}, engine, cache);
      pipeline.search(jobs, 2, cancellation_, [](auto, const Error& reason) { FAIL() << reason.what(); },
                      {index, count});
      EXPECT_TRUE(index == 0 || !pipeline.is_complete(jobs[0]) || !pipeline.is_complete(jobs[1]));
    }
    DataPipeline pipeline(config_, {}, engine, cache);
    pipeline.search(jobs, 2, cancellation_, [](auto, const Error& reason) { FAIL() << reason.what(); });
    EXPECT_TRUE(pipeline.is_complete(jobs[0]) && pipeline.is_complete(jobs[1]));
    const auto calls = engine.calls();
    EXPECT_EQ(calls.size(), 10u);
    EXPECT_EQ(std::set(calls.begin(), calls.end()).size(), 10u);
  }
}

TEST_F(DataPipelineTest, AnRnaIsSearchedForInThreeDatabases) {
  const auto done = run({job("one", {rna("R", "ACGT")})});
  ASSERT_EQ(done[0].error, "");
  EXPECT_THAT(engine_.calls(),
              ::testing::UnorderedElementsAre("ntrna ACGN", "rfam ACGN", "rna_central ACGN"));
  EXPECT_EQ(std::get<input::RnaChain>(done[0].input.chains[0]).sequence, "ACGN");
}

TEST_F(DataPipelineTest, EqualSearchesOfManyJobsAreDoneOnceAndKept) {
  std::vector<input::FoldInput> jobs;
  for (int i = 0; i < 10; ++i) {
    jobs.push_back(job("job" + std::to_string(i),
                       {protein("A", i % 2 ? "MKV" : "MKL"), protein("B", "MVV"), protein("C", "MVV")}));
  }
  const auto done = run(jobs, 3);
  for (const Outcome& outcome : done) EXPECT_EQ(outcome.error, "");
  EXPECT_EQ(engine_.calls().size(), 3 * 4 + 3);
  run(jobs, 3);
  EXPECT_EQ(engine_.calls().size(), 3 * 4 + 3);
}

TEST_F(DataPipelineTest, ShardsAreUnitsOfTheirOwn) {
  DatabaseSpec& uniref90 = database(SequenceDatabase::uniref90);
  write_file(folder_ / "x-00000-of-00002", ">a\nMK\n");
  write_file(folder_ / "x-00001-of-00002", ">a\nMK\n");
  uniref90.path = (folder_ / "x@2").string();
  EXPECT_THAT(run({job("one", {protein("A", "MKV")})})[0].failures,
              ElementsAre(HasSubstr("--uniref90_z_value")));
  uniref90.z_value = 2;
  const auto done = run({job("one", {protein("A", "MKV")})});
  EXPECT_EQ(done[0].error, "");
  EXPECT_THAT(engine_.calls(), ::testing::IsSupersetOf({"x-00000-of-00002 MKV", "x-00001-of-00002 MKV"}));
  EXPECT_EQ(engine_.calls().size(), 2 + 3 + 1);
}

TEST_F(DataPipelineTest, WhatTheInputGivesIsNotSearchedFor) {
  input::ProteinChain complete = protein("A", "MKV");
  complete.unpaired_msa = ">mine\nMKV\n";
  complete.paired_msa = "";
  complete.templates.emplace();
  input::RnaChain with_msa = rna("R", "ACGU");
  with_msa.unpaired_msa = "";
  config_.db_dirs = {"/nowhere"};  // no database is needed
  const auto done = run({job("one", {complete, with_msa, input::Ligand{"L", {"ATP"}, {}, {}}})});
  ASSERT_EQ(done[0].error, "");
  EXPECT_TRUE(engine_.calls().empty());
  EXPECT_EQ(done[0].protein().unpaired_msa, ">mine\nMKV\n");
  EXPECT_EQ(done[0].protein().paired_msa, query_only_msa("MKV"));
  EXPECT_EQ(std::get<input::RnaChain>(done[0].input.chains[1]).unpaired_msa, query_only_msa("ACGU"));
}

TEST_F(DataPipelineTest, EmptyTemplatesSwitchTheirSearchOff) {
  input::ProteinChain chain = protein("A", "MKV");
  chain.templates.emplace();
  EXPECT_EQ(run({job("one", {chain})})[0].error, "");
  EXPECT_EQ(engine_.calls().size(), 4);
}

TEST_F(DataPipelineTest, TemplatesAloneAreSearchedForWithTheGivenMsa) {
  input::ProteinChain chain = protein("A", "MKV");
  chain.unpaired_msa = ">mine\nMKV\n";
  chain.paired_msa = "";
  input::ProteinChain bare = protein("B", "MKV");
  bare.unpaired_msa = bare.paired_msa = "";
  EXPECT_EQ(run({job("one", {chain, bare})})[0].error, "");
  EXPECT_THAT(engine_.calls(), ElementsAre("seqres MKV", "seqres MKV"));
  EXPECT_THAT(engine_.template_msas(),
              ::testing::UnorderedElementsAre(">mine\nMKV\n", query_only_msa("MKV")));
}

TEST_F(DataPipelineTest, PartlyGivenChainsAreRefusedBeforeAnythingIsSearched) {
  input::ProteinChain unpaired_only = protein("B", "MKV");
  unpaired_only.unpaired_msa = "";
  input::ProteinChain templates_only = protein("C", "MKV");
  templates_only.templates = {input::Template{}};
  EXPECT_THAT(
      run({job("one", {protein("A", "MKL"), unpaired_only, templates_only})})[0].failures,
      ElementsAre(AllOf(HasSubstr("protein chain 2 (id B): the paired MSA is missing: pairedMsa is null"),
                        HasSubstr("in the JSON")),
                  HasSubstr("protein chain 3 (id C): the unpaired MSA is missing")));
  EXPECT_TRUE(engine_.calls().empty());
}

TEST_F(DataPipelineTest, WhateverIsNullIsSearchedForWhereThatIsAllowed) {
  config_.allow_partial = true;
  input::ProteinChain own_template = protein("A", "MKV"), own_unpaired = protein("B", "MKL"),
                      own_paired = protein("C", "MKI");
  own_template.templates = {{"data_x", {0}, {0}}};
  own_unpaired.unpaired_msa = ">mine\nMKL\n";
  own_paired.paired_msa = ">mine\nMKI\n";
  const auto done = run({job("one", {own_template, own_unpaired, own_paired})});
  ASSERT_EQ(done[0].error, "");
  EXPECT_THAT(engine_.calls(), ::testing::UnorderedElementsAre(
                                   "uniref90 MKV", "small_bfd MKV", "mgnify MKV", "uniprot_cluster_annot MKV",
                                   "uniprot_cluster_annot MKL", "seqres MKL", "uniref90 MKI", "small_bfd MKI",
                                   "mgnify MKI", "seqres MKI"));
  EXPECT_EQ(done[0].protein(0).templates, own_template.templates);
  EXPECT_EQ(done[0].protein(0).unpaired_msa, ">query\nMKV\n>uniref90\nMMM\n");
  EXPECT_EQ(done[0].protein(1).unpaired_msa, own_unpaired.unpaired_msa);
  EXPECT_EQ(done[0].protein(1).paired_msa, ">query\nMKL\n>uniprot_cluster_annot\nMMM\n");
  EXPECT_EQ(done[0].protein(2).unpaired_msa, ">query\nMKI\n>uniref90\nMMM\n");
  EXPECT_EQ(done[0].protein(2).paired_msa, own_paired.paired_msa);
  EXPECT_THAT(engine_.template_msas(),
              ::testing::UnorderedElementsAre(*own_unpaired.unpaired_msa, ">query\nMKI\n>uniref90\nMMM\n"));
}

TEST_F(DataPipelineTest, MsasAndTemplatesSwitchOffOnTheirOwn) {
  config_.run_msa_search = false;
  auto done = run({job("one", {protein("A", "MKV"), rna("R", "ACGU")})});
  EXPECT_THAT(engine_.calls(), ElementsAre("seqres MKV"));
  EXPECT_EQ(done[0].protein().unpaired_msa, query_only_msa("MKV"));
  config_.run_template_search = false;
  config_.db_dirs = {"/nowhere"};
  done = run({job("one", {protein("A", "MKL"), rna("R", "ACGU")})});
  EXPECT_EQ(done[0].error, "");
  EXPECT_EQ(engine_.calls().size(), 1);
  config_.db_dirs = {folder_.path().string()};
  config_.run_msa_search = true;
  done = run({job("one", {protein("A", "MKV")})});
  EXPECT_EQ(engine_.calls().size(), 1 + 4);
  EXPECT_TRUE(done[0].protein().templates->empty());
}

TEST_F(DataPipelineTest, EqualChainsGetTheSameAndOthersTheirOwn) {
  input::ProteinChain given = protein("D", "MKV");
  given.unpaired_msa = ">mine\nMKV\n";
  given.paired_msa = ">other\nMKV\n";
  const auto done = run({job("one", {protein("A", "MKV"), protein("B", "MKV"), protein("C", "MKL"), given})});
  ASSERT_EQ(done[0].error, "");
  EXPECT_EQ(done[0].protein(1).id, "B");
  EXPECT_EQ(done[0].protein(1).unpaired_msa, done[0].protein(0).unpaired_msa);
  EXPECT_EQ(done[0].protein(1).paired_msa, done[0].protein(0).paired_msa);
  EXPECT_THAT(*done[0].protein(2).unpaired_msa, HasSubstr(">query\nMKL\n"));
  EXPECT_EQ(done[0].protein(3).unpaired_msa, ">mine\nMKV\n");
  EXPECT_EQ(done[0].protein(3).paired_msa, ">other\nMKV\n");
}

TEST_F(DataPipelineTest, ModifiedResiduesAreSearchedForByTheirLetters) {
  input::ProteinChain chain = protein("A", "MKSTYU");
  chain.modifications = {{"SEP", 3}, {"HYP", 1}};
  const auto done = run({job("one", {chain})});
  EXPECT_EQ(done[0].protein().sequence, "PKSTYX");
  EXPECT_THAT(engine_.calls(), ::testing::Contains("uniref90 PKSTYX"));
}

TEST_F(DataPipelineTest, AFailedSearchEndsTheJobsThatNeedItAndNoOther) {
  add(database(SequenceDatabase::rfam), "broken");
  const auto done = run({job("rna", {rna("R", "ACGU")}), job("protein", {protein("A", "MKV")}),
                         job("both", {protein("A", "MKV"), rna("R", "ACGU")})});
  EXPECT_THAT(done[0].failures, ElementsAre(AllOf(HasSubstr("search of rfam for chain R of rna (4 residues)"),
                                                  HasSubstr("jackhmmer --cpu 2: it ended with status 1"))));
  EXPECT_THAT(done[1].failures, IsEmpty());
  EXPECT_EQ(done[1].error, "");
  EXPECT_THAT(done[2].failures, ElementsAre(HasSubstr("it ended with status 1")));
}

TEST_F(DataPipelineTest, SearchesForFailedJobsAloneAreNotStarted) {
  DatabaseSpec& mgnify = database(SequenceDatabase::mgnify);
  add(mgnify, "broken");
  write_file(folder_ / "broken", ">a\n" + std::string(1000, 'M') + "\n");  // goes first
  const auto done =
      run({job("two", {protein("A", "MKV"), protein("B", "MVV")}), job("rna", {rna("R", "ACGU")})}, 1);
  EXPECT_THAT(done[0].failures, ElementsAre(HasSubstr("it ended with status 1")));
  EXPECT_EQ(done[1].error, "");
  EXPECT_EQ(calls_at_failure_, 1);
  EXPECT_THAT(engine_.calls(), ElementsAre("broken MKV", "rfam ACGU", "rna_central ACGU", "ntrna ACGU"));
}

TEST_F(DataPipelineTest, AMissingDatabaseEndsTheJobsThatNeedItAndNoOther) {
  database(SequenceDatabase::mgnify).path = "${DB_DIR}/absent";
  config_.pdb.path = "${DB_DIR}/absent too";
  const auto done =
      run({job("rna", {rna("R", "ACGU")}), job("protein", {protein("A", "MKV"), protein("B", "MVV")}),
           job("another", {protein("A", "MVV")})});
  EXPECT_EQ(done[0].error, "");
  EXPECT_EQ(done[1].failures, done[2].failures);
  EXPECT_EQ(reasons_told_, 2);
  EXPECT_THAT(done[1].failures,
              ElementsAre(HasSubstr("--mgnify_database_path: ${DB_DIR}/absent is in none"),
                          HasSubstr("--pdb_database_path: ${DB_DIR}/absent too is in none")));
  EXPECT_EQ(calls_at_failure_, 0);  // before anything is searched
  EXPECT_EQ(engine_.calls().size(), 3);
}

TEST_F(DataPipelineTest, AnObstacleOfTheEngineEndsTheJobsThatMeetItAndNoOther) {
  engine_.rna_problems = {Error("nhmmer", "there is no such program"), Error("hmmalign", "nor this")};
  const auto done = run({job("protein", {protein("A", "MKV")}), job("rna", {rna("R", "ACGU")})});
  EXPECT_EQ(done[0].error, "");
  EXPECT_THAT(done[1].failures, ElementsAre("nhmmer: there is no such program", "hmmalign: nor this"));
  EXPECT_EQ(calls_at_failure_, 0);
}

TEST_F(DataPipelineTest, CancellationEndsSearchesAtOnce) {
  engine_.slow = true;
  std::thread user([&] {
    while (engine_.calls().size() < 2) std::this_thread::sleep_for(1ms);
    cancellation_.request();
  });
  EXPECT_THROW(run({job("one", {protein("A", "MKV")})}), Cancelled);
  user.join();
  EXPECT_EQ(engine_.calls().size(), 2);  // as many as there are cores
}

TEST_F(DataPipelineTest, ADamagedEntryOfTheCacheIsSearchedForAgain) {
  test::TemporaryFolder kept;
  SearchCache on_disk(kept.path());
  const std::vector<input::FoldInput> jobs = {job("one", {protein("A", "MKV")})};
  const auto complete = [&] {
    DataPipeline pipeline(config_, {}, engine_, on_disk);
    pipeline.search(jobs, 2, cancellation_, {});
    return *std::get<input::ProteinChain>(pipeline.complete(jobs[0], cancellation_).chains[0]).unpaired_msa;
  };
  const std::string first = complete();
  EXPECT_EQ(engine_.calls().size(), 5);
  for (const auto& entry : fs::directory_iterator(kept.path())) {
    write_file(entry.path(), "damaged");
    break;
  }
  EXPECT_EQ(complete(), first);
  EXPECT_EQ(engine_.calls().size(), 6);
}

}  // namespace
}  // namespace pleat::search
