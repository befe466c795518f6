#include "search/database_check.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <fstream>

#include "base/error.h"
#include "base/text.h"
#include "input/fasta.h"
#include "profile/packed_file.h"
#include "search/pdb_store.h"
#include "search/template_hit.h"

namespace pleat::search {
namespace {

constexpr double kZTolerance = 0.01;

constexpr std::string_view kNucleotides = "ACGTUN";
constexpr int64_t kEnoughToJudge = 1000;  // residues: fewer may be only A, C, G and T by chance

enum class Letter : uint8_t { bad, residue, space };
using Alphabet = std::array<Letter, 256>;

// Bytes that HMMER accepts in sequences: letters in either case and '*' for a stop, but no gaps.
constexpr Alphabet alphabet(std::string_view residues) {
  Alphabet table{};
  for (const char c : residues) {
    table[static_cast<unsigned char>(c)] = Letter::residue;
    if (c >= 'A' && c <= 'Z') table[static_cast<unsigned char>(c - 'A' + 'a')] = Letter::residue;
  }
  table[' '] = table['\t'] = table['\r'] = Letter::space;
  return table;
}
constexpr Alphabet kProtein = alphabet("ABCDEFGHIJKLMNOPQRSTUVWXYZ*~");
constexpr Alphabet kRna = alphabet("ACGTUNRYMKSWHBVDX*");

// Scans FASTA text piece by piece.
class FastaScan {
 public:
  explicit FastaScan(SearchKind kind) : kind_(kind), alphabet_(kind == SearchKind::rna ? kRna : kProtein) {}

  void add(std::string_view piece);
  FastaCount finish();

 private:
  void start_line(char first);
  void read(std::string_view text);
  void count_residues(std::string_view text);
  void check_header();
  void report_letter(unsigned char byte);
  void report(Error problem) { count_.problems.push_back(std::move(problem)); }
  std::string place() const { return fmt::format("line {}", line_); }

  const SearchKind kind_;
  const Alphabet& alphabet_;
  FastaCount count_;
  int64_t line_ = 1;
  int64_t record_start_ = 0;       // residues before the current record
  std::string header_;             // of templates: the current one
  std::array<bool, 256> found_{};  // bytes of sequences
  bool line_start_ = true, in_header_ = false, bad_letter_ = false, bad_header_ = false;
};

void FastaScan::add(std::string_view piece) {
  count_.bytes += static_cast<int64_t>(piece.size());
  while (!piece.empty()) {
    const size_t end = std::min(piece.find('\n'), piece.size());
    if (end > 0) {
      if (line_start_) start_line(piece.front());
      read(piece.substr(0, end));
      line_start_ = false;
    }
    if (end == piece.size()) return;
    if (in_header_ && !line_start_) check_header();
    line_start_ = true;
    ++line_;
    piece.remove_prefix(end + 1);
  }
}

void FastaScan::start_line(char first) {
  in_header_ = first == '>';
  if (in_header_) {
    ++count_.sequences;
    record_start_ = count_.residues;
    header_.clear();
  } else if (count_.sequences == 0 && count_.problems.empty()) {
    report(Error(place(), "the file does not start with '>'", "Give a FASTA file."));
  }
}

void FastaScan::read(std::string_view text) {
  if (!in_header_) {
    count_residues(text);
  } else if (kind_ == SearchKind::templates) {
    header_ += text;
  }
}

void FastaScan::count_residues(std::string_view text) {
  int64_t residues = 0;
  bool bad = false;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    residues += alphabet_[byte] == Letter::residue;
    bad |= alphabet_[byte] == Letter::bad;
    found_[byte] = true;
  }
  count_.residues += residues;
  if (!bad || bad_letter_ || count_.sequences == 0) return;
  bad_letter_ = true;
  report_letter(static_cast<unsigned char>(*std::find_if(text.begin(), text.end(), [&](char c) {
    return alphabet_[static_cast<unsigned char>(c)] == Letter::bad;
  })));
}

void FastaScan::report_letter(unsigned char byte) {
  const bool printable = byte > ' ' && byte <= '~';
  const std::string found =
      printable ? fmt::format("'{}'", static_cast<char>(byte)) : fmt::format("the byte 0x{:02x}", byte);
  const bool protein = kProtein[byte] == Letter::residue;
  if (byte == '-' || byte == '.') {
    report(Error(place(), "the sequence has the gap " + found,
                 "Give sequences without gaps, not an alignment."));
  } else if (kind_ == SearchKind::rna) {
    report(Error(place(), fmt::format("the sequence has {}, which is not a nucleotide", found),
                 protein ? "Give RNA sequences, not proteins." : "Give a FASTA file of RNA sequences."));
  } else {
    report(Error(place(), fmt::format("the sequence has {}, which is not a residue", found),
                 "Give a FASTA file of protein sequences."));
  }
}

void FastaScan::check_header() {
  if (kind_ != SearchKind::templates || bad_header_) return;
  const std::string_view header = stripped(std::string_view(header_).substr(1));
  bad_header_ = !is_header_of_template(header);
  if (!bad_header_) return;
  report(Error(place(), fmt::format("the header '{}' is not PDBID_CHAIN ... length:N", header),
               "Give the PDB's pdb_seqres file, with headers '1abc_A mol:protein length:100  Name'."));
}

FastaCount FastaScan::finish() {
  const auto is_nucleotide = [](char c) { return kNucleotides.find(c) != kNucleotides.npos; };
  bool nucleotides = count_.residues >= kEnoughToJudge;
  for (char c = 'A'; c <= 'Z'; ++c) nucleotides &= is_nucleotide(c) || !(found_[c] || found_[c - 'A' + 'a']);
  if (count_.bytes == 0) {
    report(Error("", "the file is empty", "Download it again."));
  } else if (count_.sequences > 0 && record_start_ == count_.residues) {
    report(Error("", "the last record has no sequence: the file is truncated", "Download it again."));
  } else if (kind_ != SearchKind::rna && nucleotides) {
    report(Error("", "the file holds nucleotides, not proteins", "Give protein sequences."));
  }
  return std::move(count_);
}

bool is_compressed(std::string_view start) {
  using namespace std::string_view_literals;
  return start.starts_with("\x1f\x8b"sv) || start.starts_with("\x28\xb5\x2f\xfd"sv) ||
         start.starts_with("\xfd\x37\x7a\x58\x5a"sv);
}

void check_z(const DatabaseSpec& spec, SearchKind kind, bool sharded, FastaCount& count) {
  const bool protein = kind == SearchKind::protein;
  const double size =
      protein ? static_cast<double>(count.sequences) : static_cast<double>(count.residues) / 1e6;
  const std::string flag = fmt::format("--{}_z_value", spec.name);
  if (sharded && !spec.z_value) {
    count.problems.emplace_back(flag, "the flag is missing, and shards need it",
                                fmt::format("Give {}.", size));
  } else if (spec.z_value && std::abs(*spec.z_value - size) > kZTolerance * size) {
    const char* unit = protein ? "sequences" : "megabases";
    count.problems.emplace_back(
        flag, fmt::format("the value is {}, but the database has {} {}", *spec.z_value, size, unit),
        fmt::format("Give {}.", size));
  }
}

// Reads all of a packed database and checks its checksums.
FastaCount count_packed(const fs::path& file, SearchKind kind, const Cancellation& cancellation) {
  FastaCount count;
  if (kind != SearchKind::protein) {
    count.problems.emplace_back("", "the file is a packed database, which only protein searches read",
                                "Give a FASTA file.");
    return count;
  }
  try {
    profile::PackedSource source(file);
    profile::TargetBlock block;
    while (source.next(block)) {
      if (cancellation.requested()) throw Cancelled();
      source.check_headers(block);
    }
    count.sequences = static_cast<int64_t>(source.counts().sequences);
    count.residues = static_cast<int64_t>(source.counts().residues);
    count.bytes = static_cast<int64_t>(source.bytes());
  } catch (const Error& error) {
    count.problems.emplace_back("", error.what_is_wrong(), error.fix());
  }
  return count;
}

}  // namespace

FastaCount count_fasta(const fs::path& file, SearchKind kind, const Cancellation& cancellation) {
  if (profile::is_packed(file)) return count_packed(file, kind, cancellation);
  std::ifstream stream(file, std::ios::binary);
  if (!stream || fs::is_directory(file)) throw Error(file.string(), "the file can't be read");
  std::string buffer(1 << 20, '\0');
  FastaScan scan(kind);
  for (bool first = true; stream; first = false) {
    if (cancellation.requested()) throw Cancelled();
    stream.read(buffer.data(), static_cast<std::streamsize>(buffer.size()));
    const std::string_view piece(buffer.data(), static_cast<size_t>(stream.gcount()));
    if (first && is_compressed(piece)) {
      FastaCount count;
      count.bytes = static_cast<int64_t>(fs::file_size(file));
      count.problems.emplace_back("", "the file is compressed, but searches need plain text",
                                  "Unpack the file.");
      return count;
    }
    scan.add(piece);
  }
  if (stream.bad()) throw Error(file.string(), "the file can't be read to its end");
  return scan.finish();
}

DatabaseReport check_database(const DatabaseSpec& spec, SearchKind kind,
                              const std::vector<std::string>& db_dirs, const Cancellation& cancellation) {
  DatabaseReport report;
  FastaCount& total = report.count;
  try {
    const bool single = kind == SearchKind::templates;
    const Database database =
        single ? Database{{resolve_file(spec, db_dirs)}, false, {}} : locate_database(spec, db_dirs);
    report.files = database.files;
    for (const fs::path& file : database.files) {
      const FastaCount count = count_fasta(file, kind, cancellation);
      total.sequences += count.sequences;
      total.residues += count.residues;
      total.bytes += count.bytes;
      for (const Error& problem : count.problems) total.problems.push_back(problem.within(file.string()));
    }
    if (total.problems.empty()) check_z(spec, kind, database.sharded, total);
  } catch (const Error& error) {
    total.problems.push_back(error);
  }
  return report;
}

DatabaseReport check_pdb(const DatabaseSpec& spec, const std::vector<std::string>& db_dirs) {
  DatabaseReport report;
  report.entries = true;
  try {
    const fs::path path = resolve_path(spec, db_dirs);
    report.files = {path};
    report.count.sequences = static_cast<int64_t>(PdbStore::open(path)->count());
    std::error_code folder;
    const auto bytes = fs::file_size(path, folder);
    if (!folder) report.count.bytes = static_cast<int64_t>(bytes);
    if (report.count.sequences == 0) {
      report.count.problems.emplace_back(
          path.string(), folder ? "the folder has no .cif files" : "the archive has no .cif files",
          "Give the PDB's mmCIF files, named like 1abc.cif.");
    }
  } catch (const Error& error) {
    report.count.problems.push_back(error);
  }
  return report;
}

}  // namespace pleat::search
