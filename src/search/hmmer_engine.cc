#include "search/hmmer_engine.h"

#include <fmt/format.h>

#include <fstream>
#include <mutex>
#include <optional>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "input/fasta.h"
#include "profile/packed_file.h"
#include "search/program.h"
#include "search/stockholm.h"
#include "search/temporary_folder.h"

namespace pleat::search {
namespace {

constexpr size_t kFastaWidth = 80;
constexpr size_t kShortRna = 50;  // shorter queries get a looser last filter

std::string query_fasta(const std::string& query) {
  std::string text = ">query\n";
  for (size_t i = 0; i < query.size(); i += kFastaWidth) text += query.substr(i, kFastaWidth) + "\n";
  return text;
}

std::string number_text(double value) { return fmt::format("{}", value); }

void append(std::vector<std::string>& arguments, std::initializer_list<std::string> more) {
  arguments.insert(arguments.end(), more);
}

// HMMER writes no file, or an empty one, when it finds nothing.
bool has_content(const fs::path& file) { return fs::exists(file) && fs::file_size(file) > 0; }

// The rows of an A3M without gaps, as sequences to align again.
std::string without_gaps(std::string_view a3m) {
  std::string out;
  input::FastaReader reader(a3m);
  while (auto row = reader.next()) {
    std::erase(row->sequence, '-');
    out += ">" + row->header + "\n" + row->sequence + "\n";
  }
  return out;
}

// "3.3.2" from the second line of a program's help: "# HMMER 3.3.2 (Nov 2020); http://hmmer.org/".
std::string version(const std::string& help) {
  constexpr std::string_view kBefore = "# HMMER ";
  const size_t begin = help.find(kBefore);
  if (begin == help.npos) return "unknown";
  const size_t number = begin + kBefore.size();
  return help.substr(number, help.find_first_of(" \n", number) - number);
}

// The same A3M with each sequence in one line.
std::string unwrapped(std::string_view a3m) {
  std::string out;
  input::FastaReader reader(a3m);
  while (const auto row = reader.next()) out += ">" + row->header + "\n" + row->sequence + "\n";
  return out;
}

}  // namespace

// The programs' paths, each looked up once, on first use.
class HmmerEngine::Programs {
 public:
  explicit Programs(HmmerPrograms names) : names_(std::move(names)) {}

  std::string jackhmmer() { return path(jackhmmer_, names_.jackhmmer, "--jackhmmer_binary_path"); }
  std::string nhmmer() { return path(nhmmer_, names_.nhmmer, "--nhmmer_binary_path"); }
  std::string hmmalign() { return path(hmmalign_, names_.hmmalign, "--hmmalign_binary_path"); }
  std::string hmmsearch() { return path(hmmsearch_, names_.hmmsearch, "--hmmsearch_binary_path"); }
  std::string hmmbuild() { return path(hmmbuild_, names_.hmmbuild, "--hmmbuild_binary_path"); }

  using Program = std::string (Programs::*)();

  void check(std::initializer_list<Program> needed, Findings& found) {
    for (const Program program : needed) {
      try {
        (this->*program)();
      } catch (const Error& error) {
        found.problems.push_back(error);
      }
    }
  }

  std::string identity() {
    std::string text = "HMMER";
    for (const Program program : {&Programs::jackhmmer, &Programs::nhmmer, &Programs::hmmalign,
                                  &Programs::hmmsearch, &Programs::hmmbuild}) {
      text += " " + version_of(program);
    }
    try {
      if (limits_hits({})) text += " with limited hits";
    } catch (const Error&) {  // no jackhmmer, no limit
    }
    return text;
  }

  // Whether jackhmmer knows --seq_limit, the reference's addition, which limits the hits before it aligns and
  // writes them.
  bool limits_hits(const Cancellation& cancellation) {
    const std::string program = jackhmmer();
    const std::lock_guard lock(mutex_);
    if (!limits_hits_) {
      try {
        run_program({program, "-h", "--seq_limit", "1"}, cancellation);
        limits_hits_ = true;
      } catch (const Error&) {
        limits_hits_ = false;
      }
    }
    return *limits_hits_;
  }

 private:
  using Path = std::optional<std::string>;

  // A program that cannot be run must fail only the searches that need it.
  std::string version_of(Program program) {
    try {
      return version(run_program({(this->*program)(), "-h"}, {}, true));
    } catch (const Error&) {
      return "missing";
    }
  }

  std::string path(Path& found, const std::string& name, const char* setting) {
    const std::lock_guard lock(mutex_);
    if (!found) found = find_program(name, setting).string();
    return *found;
  }

  const HmmerPrograms names_;
  std::mutex mutex_;  // guards the next members
  Path jackhmmer_, nhmmer_, hmmalign_, hmmsearch_, hmmbuild_;
  std::optional<bool> limits_hits_;
};

HmmerEngine::HmmerEngine(HmmerPrograms programs)
    : programs_(std::make_unique<Programs>(std::move(programs))) {}
HmmerEngine::~HmmerEngine() = default;

MsaHits HmmerEngine::search(const MsaSearch& search, const Cancellation& cancellation) const {
  if (profile::is_packed(search.file))
    throw Error(search.file.string(), "HMMER's programs can't read a packed database",
                "Give the FASTA file, or search proteins with --search_engine=native.");
  return search.kind == MsaSearch::Kind::protein ? search_protein(search, cancellation)
                                                 : search_rna(search, cancellation);
}

MsaHits HmmerEngine::search_protein(const MsaSearch& search, const Cancellation& cancellation) const {
  const TemporaryFolder folder;
  const fs::path query = folder / "query.fasta", alignment = folder / "hits.sto", table = folder / "hits.tbl";
  write_file(query, query_fasta(search.query));
  std::vector<std::string> command = {programs_->jackhmmer()};
  append(command, {"-o", "/dev/null", "-A", alignment, "--noali"});
  append(command, {"--F1", "0.0005", "--F2", "5e-05", "--F3", "5e-07"});
  append(command, {"--cpu", std::to_string(search.threads), "-N", "1"});
  if (search.shard) append(command, {"--tblout", table});
  append(command, {"-E", "0.0001", "--incE", "0.0001"});
  if (search.z_value) {
    const std::string size = number_text(*search.z_value);
    append(command, {"-Z", size, "--domZ", size});
  }
  if (programs_->limits_hits(cancellation)) {
    append(command, {"--seq_limit", std::to_string(search.max_sequences)});
  }
  append(command, {query, search.file});
  run_program(command, cancellation);
  return {stockholm_to_a3m(alignment, search.max_sequences, FirstRow::query),
          search.shard ? read_file(table) : ""};
}

// nhmmer's hits are pieces of sequences aligned to each other. hmmalign aligns them to the whole query.
MsaHits HmmerEngine::search_rna(const MsaSearch& search, const Cancellation& cancellation) const {
  const TemporaryFolder folder;
  const fs::path query = folder / "query.fasta", alignment = folder / "hits.sto", table = folder / "hits.tbl";
  write_file(query, query_fasta(search.query));
  std::vector<std::string> command = {programs_->nhmmer()};
  append(command, {"-o", "/dev/null", "--noali", "--cpu", std::to_string(search.threads)});
  if (search.shard) append(command, {"--tblout", table});
  append(command, {"-E", "0.001"});
  if (search.z_value) append(command, {"-Z", number_text(*search.z_value)});
  append(command, {"--rna", "-A", alignment, "--F3", search.query.size() < kShortRna ? "0.02" : "1e-05"});
  append(command, {query, search.file});
  run_program(command, cancellation);

  MsaHits hits{">query\n" + search.query + "\n", search.shard ? read_file(table) : ""};
  if (has_content(alignment)) {
    const std::string rows = stockholm_to_a3m(alignment, search.max_sequences - 1, FirstRow::query);
    hits.a3m += align_to_query(search.query, without_gaps(rows), cancellation);
  }
  return hits;
}

std::string HmmerEngine::align_to_query(const std::string& query, const std::string& sequences,
                                        const Cancellation& cancellation) const {
  const TemporaryFolder folder;
  const fs::path query_file = folder / "query.afa", profile = folder / "query.hmm";
  const fs::path sequence_file = folder / "hits.fasta", aligned = folder / "hits.a2m";
  write_file(query_file, ">query\n" + query + "\n");
  write_file(sequence_file, sequences);
  run_program({programs_->hmmbuild(), "--informat", "afa", "--rna", profile, query_file}, cancellation);
  run_program({programs_->hmmalign(), "-o", aligned, "--outformat", "A2M", profile, sequence_file},
              cancellation);
  return unwrapped(read_file(aligned));
}

std::string HmmerEngine::search(const TemplateSearch& search, const Cancellation& cancellation) const {
  const TemporaryFolder folder;
  const fs::path msa = folder / "query.sto", profile = folder / "query.hmm", hits = folder / "hits.sto";
  {
    std::ofstream out(msa);
    write_stockholm(search.a3m, out);
    out.close();
    if (!out)
      throw Error(msa.string(), "the file can't be written",
                  "Free space there, or set TMPDIR to another folder.");
  }
  run_program({programs_->hmmbuild(), "--informat", "stockholm", "--hand", "--amino", profile, msa},
              cancellation);
  std::vector<std::string> command = {programs_->hmmsearch(), "--noali", "--cpu",
                                      std::to_string(search.threads)};
  append(command, {"--F1", "0.1", "--F2", "0.1", "--F3", "0.1"});
  append(command, {"-E", "100", "--incE", "100", "--domE", "100", "--incdomE", "100"});
  append(command, {"-A", hits, profile, search.file});
  run_program(command, cancellation);
  return has_content(hits) ? stockholm_to_a3m(hits, 0, FirstRow::like_rest) : "";
}

std::string HmmerEngine::identity() const { return programs_->identity(); }

void HmmerEngine::check_ready(SearchKind kind, Findings& found) const {
  switch (kind) {
    case SearchKind::protein:
      return programs_->check({&Programs::jackhmmer}, found);
    case SearchKind::rna:
      return programs_->check({&Programs::nhmmer, &Programs::hmmbuild, &Programs::hmmalign}, found);
    case SearchKind::templates:
      return programs_->check({&Programs::hmmbuild, &Programs::hmmsearch}, found);
  }
  PLEAT_ASSERT(false);
}

}  // namespace pleat::search
