#include "cli/search_flags.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <cmath>

#include "base/cpu.h"
#include "cli/flags.h"
#include "search/search_cache.h"

namespace pleat::cli {
namespace {

constexpr int kMostThreads = 8;  // HMMER's programs hardly gain from more

// Accepts HMMER's Z values: above 0, finite, and an integer if they count sequences.
CLI::Validator size_of_database(bool whole_number) {
  return CLI::Validator(
      [whole_number](const std::string& text) {
        double value = 0;
        const char* end = text.data() + text.size();
        const auto [used, error] = std::from_chars(text.data(), end, value);
        const bool number = error == std::errc() && used == end && std::isfinite(value);
        if (number && value > 0 && (!whole_number || value == std::floor(value))) return std::string();
        return fmt::format("found '{}' where {} above 0 is needed", text,
                           whole_number ? "an integer" : "a number");
      },
      "> 0");
}

}  // namespace

SearchFlags::SearchFlags() {
  config_.db_dirs = {"~/public_databases"};
  config_.jackhmmer_threads = config_.nhmmer_threads = config_.hmmsearch_threads =
      std::min(usable_cores(), kMostThreads);
  cache_ = search::default_search_cache().value_or("none").string();
}

void SearchFlags::declare_databases(CommandLine& line) {
  line.group("Databases");
  line.values("db_dir", config_.db_dirs, "Folder for ${DB_DIR}; if repeated, pleat looks in this order");
  for (size_t i = 0; i < config_.databases.size(); ++i) {
    search::DatabaseSpec& spec = config_.databases[i];
    const auto database = static_cast<search::SequenceDatabase>(i);
    const bool protein = search::database_rule(database).kind == search::MsaSearch::Kind::protein;
    line.value(spec.name + "_database_path", spec.path,
               fmt::format("{} database: a FASTA file, or shards as PREFIX@N", protein ? "Protein" : "RNA"));
    line.value(spec.name + "_z_value", spec.z_value,
               fmt::format("Size of this database in {}, for E-values; required for shards",
                           protein ? "sequences" : "megabases"))
        ->check(size_of_database(protein));
  }
  line.value(config_.seqres.name + "_database_path", config_.seqres.path,
             "Sequences of the PDB, for templates: a FASTA file");
  line.value(config_.pdb.name + "_database_path", config_.pdb.path,
             "mmCIF files of the PDB, for templates: a folder or a .tar");
}

void SearchFlags::declare(CommandLine& line) {
  declare_databases(line);
  line.group("Search");
  line.boolean("run_msa_search", config_.run_msa_search, "Search for missing MSAs; off: use the query alone");
  line.boolean("run_template_search", config_.run_template_search,
               "Search for missing templates; off: use none");
  line.boolean(
      "allow_partial_search", config_.allow_partial,
      "Search for whatever a protein lacks, though AlphaFold 3 refuses a part of it given, such as own "
      "templates without MSAs");
  line.value(
          "search_engine", engine_,
          "Engine of protein searches: native (pleat), hmmer (jackhmmer) or auto (native); the results are "
          "the same. HMMER's programs run all other searches")
      ->check(CLI::IsMember({"auto", "native", "hmmer"}));
  line.value("jackhmmer_binary_path", programs_.jackhmmer, "jackhmmer, a name in PATH or a path");
  line.value("nhmmer_binary_path", programs_.nhmmer, "nhmmer");
  line.value("hmmalign_binary_path", programs_.hmmalign, "hmmalign");
  line.value("hmmsearch_binary_path", programs_.hmmsearch, "hmmsearch");
  line.value("hmmbuild_binary_path", programs_.hmmbuild, "hmmbuild");
  line.value("jackhmmer_n_cpu", config_.jackhmmer_threads, "Maximum threads of one protein search")
      ->default_str("all usable cores, but no more than 8")
      ->check(at_least(0));
  line.value("nhmmer_n_cpu", config_.nhmmer_threads, "Maximum threads of one RNA search")
      ->default_str("all usable cores, but no more than 8")
      ->check(at_least(0));
  line.value("hmmsearch_n_cpu", config_.hmmsearch_threads, "Maximum threads of one template search")
      ->default_str("all usable cores, but no more than 8")
      ->check(at_least(0));
  line.value("jackhmmer_max_parallel_shards", config_.jackhmmer_max_parallel_shards,
             "Maximum shards of a protein database searched at a time")
      ->default_str("as many as the cores allow")
      ->check(at_least(1));
  line.value("nhmmer_max_parallel_shards", config_.nhmmer_max_parallel_shards,
             "Maximum shards of an RNA database searched at a time")
      ->default_str("as many as the cores allow")
      ->check(at_least(1));
  line.value("search_cache_dir", cache_, "Folder that keeps search results; none or empty: keep no results")
      ->default_str("~/.cache/pleat/search");
}

search::SearchConfig SearchFlags::config() const {
  search::SearchConfig config = config_;
  for (std::string& dir : config.db_dirs) dir = expand_home(dir);
  for (search::DatabaseSpec& spec : config.databases) spec.path = expand_home(spec.path);
  config.seqres.path = expand_home(config.seqres.path);
  config.pdb.path = expand_home(config.pdb.path);
  return config;
}

std::unique_ptr<search::SearchEngine> SearchFlags::engine() const {
  if (engine_ == "hmmer") return std::make_unique<search::HmmerEngine>(programs_);
  return std::make_unique<search::NativeEngine>(programs_);
}

std::map<std::string, std::string> SearchFlags::settings() const {
  const search::SearchConfig config = this->config();
  std::map<std::string, std::string> settings = {
      {"run_msa_search", config.run_msa_search ? "true" : "false"},
      {"run_template_search", config.run_template_search ? "true" : "false"},
      {"db_dir", fmt::format("{}", fmt::join(config.db_dirs, ":"))},
      {"seqres_database_path", config.seqres.path},
      {"pdb_database_path", config.pdb.path}};
  for (const search::DatabaseSpec& spec : config.databases) {
    settings[spec.name + "_database_path"] = spec.path;
    if (spec.z_value) settings[spec.name + "_z_value"] = fmt::format("{}", *spec.z_value);
  }
  return settings;
}

std::optional<fs::path> SearchFlags::cache_folder() const {
  return cache_.empty() || cache_ == "none" ? std::nullopt : std::optional<fs::path>(expand_home(cache_));
}

}  // namespace pleat::cli
