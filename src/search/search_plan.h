// Plans the searches that a job needs. docs/specs/outputs.md, section 4, docs/specs/featurisation.md, section
// 13; the reference's data/pipeline.py.
#pragma once

#include <array>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/error.h"
#include "input/fold_input.h"
#include "search/database.h"
#include "search/msa.h"
#include "search/search_engine.h"

namespace pleat::search {

// The databases and the settings of searches. Defaults are AlphaFold 3's.
struct SearchConfig {
  // Indexed by SequenceDatabase.
  std::array<DatabaseSpec, 7> databases = {{
      {"uniref90", "${DB_DIR}/uniref90_2022_05.fa", {}},
      {"small_bfd", "${DB_DIR}/bfd-first_non_consensus_sequences.fasta", {}},
      {"mgnify", "${DB_DIR}/mgy_clusters_2022_05.fa", {}},
      {"uniprot_cluster_annot", "${DB_DIR}/uniprot_all_2021_04.fa", {}},
      {"ntrna", "${DB_DIR}/nt_rna_2023_02_23_clust_seq_id_90_cov_80_rep_seq.fasta", {}},
      {"rfam", "${DB_DIR}/rfam_14_9_clust_seq_id_90_cov_80_rep_seq.fasta", {}},
      {"rna_central", "${DB_DIR}/rnacentral_active_seq_id_90_cov_80_linclust.fasta", {}},
  }};
  DatabaseSpec seqres{"seqres", "${DB_DIR}/pdb_seqres_2022_09_28.fasta", {}};
  DatabaseSpec pdb{"pdb", "${DB_DIR}/mmcif_files", {}};
  std::vector<std::string> db_dirs;

  // Maximum threads of one search; 0: HMMER without worker threads.
  int jackhmmer_threads = 8, nhmmer_threads = 8, hmmsearch_threads = 8;
  // Maximum shards of one database searched at a time; 0: as many as the cores allow.
  int jackhmmer_max_parallel_shards = 0, nhmmer_max_parallel_shards = 0;

  // When off, missing MSAs become the query alone, and missing templates none.
  bool run_msa_search = true, run_template_search = true;

  // Whether what a protein lacks is searched for whatever else of it is given; AlphaFold 3 refuses most of that.
  bool allow_partial = false;
};

// One search; its result can be kept.
struct SearchUnit {
  std::string target;    // for messages: database and shard
  std::string label;     // for messages: target, chain, job
  std::string key;       // of its result in the cache
  std::string database;  // its name
  double cost = 0;       // grows with its time
  int max_threads = 1;
  int max_parallel = 0;  // units of the same database at a time; 0: any number
  std::variant<MsaSearch, TemplateSearch> search;
};

// The searches behind one MSA.
struct MsaPlan {
  struct Part {
    bool sharded = false;
    std::vector<SearchUnit> units;  // one, or one per shard
  };
  MsaUse use = MsaUse::rna;
  std::vector<Part> parts;  // one for each of databases_of(use)
};

struct ChainPlan {
  std::string label;          // for messages
  std::string query;          // empty when the chain needs no search
  std::vector<MsaPlan> msas;  // to search for, the unpaired one first
  bool templates = false;     // to be searched for, with the unpaired MSA that is found or given

  bool finds_unpaired() const { return !msas.empty() && msas.front().use != MsaUse::paired_protein; }
  bool finds_paired() const { return !msas.empty() && msas.back().use == MsaUse::paired_protein; }
};

// The searches of a job. A plan with problems cannot run; ignore its chains.
struct JobPlan : Findings {
  std::vector<ChainPlan> chains;  // one for each chain of the job
};

// Finds a chain with some, but not all, of the MSAs and templates that `config` searches for together. Places
// are empty.
void check_given(const input::Chain& chain, const SearchConfig& config, Findings& found);

class SearchPlanner {
 public:
  SearchPlanner(SearchConfig config, const SearchEngine& engine);

  const SearchConfig& config() const { return config_; }

  // `job` for searching: the sequences of proteins and RNA are one-letter codes that include modifications (X
  // and N when there is no code); fields that the configuration does not search for are empty, not missing.
  input::FoldInput prepared(input::FoldInput job) const;

  // The plan of a prepared job. A protein's MSAs are searched for where both are null and no template is
  // given; its templates where they are null and both MSAs are null or given; an RNA's MSA where it is null. With
  // `allow_partial`, all that is null is searched for.
  // Problems, each once: what is given of a chain is neither enough nor nothing; a database can't be
  // searched; the engine has an obstacle.
  JobPlan plan(const input::FoldInput& job);

  // Thread-safe, but not beside plan().
  SearchUnit template_unit(const ChainPlan& chain, const std::string& a3m) const;
  fs::path pdb_path() const { return resolve_path(config_.pdb, config_.db_dirs); }

 private:
  class Problems;

  ChainPlan plan(const input::FoldInput& job, const input::ProteinChain& chain, int number,
                 Problems& problems);
  ChainPlan plan(const input::FoldInput& job, const input::RnaChain& chain, Problems& problems);
  MsaPlan plan_msa(MsaUse use, const ChainPlan& chain, Problems& problems);
  MsaPlan::Part plan_database(SequenceDatabase database, const ChainPlan& chain);
  void plan_templates(Problems& problems);
  void remember_identity();
  const Database& resolved(const DatabaseSpec& spec);

  SearchConfig config_;
  const SearchEngine& engine_;
  std::map<std::string, Database> resolved_;  // by name
  fs::path seqres_;
  std::string identity_;  // of the engine
};

}  // namespace pleat::search
