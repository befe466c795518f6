// pleat db check: checks that the databases can be searched.
#include <fmt/format.h>

#include <cstdio>

#include "base/memory.h"
#include "cli/commands.h"
#include "cli/interrupt.h"
#include "cli/search_flags.h"
#include "search/database_check.h"

namespace pleat::cli {
namespace {

std::string content_text(const search::DatabaseReport& report) {
  const search::FastaCount& count = report.count;
  if (report.entries) {
    return fmt::format("{} entries", count.sequences) +
           (count.bytes > 0 ? ", " + size_text(count.bytes) : "");
  }
  return fmt::format("{} sequences, {} residues, {}", count.sequences, count.residues,
                     size_text(count.bytes));
}

// Prints one line for a database, and one for each of its problems. Returns whether there are none.
bool print(const search::DatabaseSpec& spec, const search::DatabaseReport& report) {
  const auto& problems = report.count.problems;
  std::string text = fmt::format("{:<22}{:<9}", spec.name, problems.empty() ? "ok" : "PROBLEM");
  if (!report.files.empty()) {
    text += content_text(report);
    if (report.files.size() > 1) text += fmt::format(", {} shards", report.files.size());
    text += ": " + report.files.front().string();
  }
  for (const Error& problem : problems) text += fmt::format("\n    {}", problem.what());
  fmt::print("{}\n", text);
  std::fflush(stdout);
  return problems.empty();
}

}  // namespace

int db_check(const Arguments& arguments) {
  SearchFlags flags;
  CommandLine line("db check", "Reads every database to its end, and prints its contents and its problems.");
  flags.declare_databases(line);
  line.example("pleat db check --db_dir ~/public_databases", "Read all databases in a folder.");
  if (!line.parse(arguments)) return kSuccess;

  const InterruptGuard guard;
  const search::SearchConfig config = flags.config();
  bool ok = true;
  for (size_t i = 0; i < config.databases.size(); ++i) {
    const bool rna =
        search::database_rule(static_cast<search::SequenceDatabase>(i)).kind == search::MsaSearch::Kind::rna;
    const search::SearchKind kind = rna ? search::SearchKind::rna : search::SearchKind::protein;
    const search::DatabaseSpec& spec = config.databases[i];
    ok &= print(spec, search::check_database(spec, kind, config.db_dirs, guard.cancellation()));
  }
  ok &= print(config.seqres, search::check_database(config.seqres, search::SearchKind::templates,
                                                    config.db_dirs, guard.cancellation()));
  ok &= print(config.pdb, search::check_pdb(config.pdb, config.db_dirs));
  return ok ? kSuccess : kFailure;
}

}  // namespace pleat::cli
