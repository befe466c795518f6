#include "search/database_check.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <fstream>

#include "base/error.h"
#include "search/pdb_store.h"

namespace pleat {
namespace {

constexpr double kZTolerance = 0.01;

enum class Letter : uint8_t { bad, residue, space };

constexpr std::array<Letter, 256> kLetters = [] {
  std::array<Letter, 256> table{};
  for (char c = 'A'; c <= 'Z'; ++c) table[c] = table[c - 'A' + 'a'] = Letter::residue;
  table['*'] = table['-'] = table['.'] = table['~'] = Letter::residue;
  table[' '] = table['\t'] = table['\r'] = Letter::space;
  return table;
}();

// FASTA that arrives in pieces.
class FastaScan {
 public:
  void add(std::string_view piece);
  FastaCount finish();

 private:
  void start_line(char first);
  void count_residues(std::string_view text);
  void complain(std::string problem) { count_.problems.push_back(std::move(problem)); }

  FastaCount count_;
  int64_t line_ = 1;
  int64_t record_start_ = 0;  // residues before the current record
  bool line_start_ = true, in_header_ = false, bad_letter_ = false;
};

void FastaScan::add(std::string_view piece) {
  count_.bytes += static_cast<int64_t>(piece.size());
  while (!piece.empty()) {
    const size_t end = std::min(piece.find('\n'), piece.size());
    if (end > 0) {
      if (line_start_) start_line(piece.front());
      if (!in_header_) count_residues(piece.substr(0, end));
      line_start_ = false;
    }
    if (end == piece.size()) return;
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
  } else if (count_.sequences == 0 && count_.problems.empty()) {
    complain(fmt::format("line {} is no FASTA header: it does not start with '>'", line_));
  }
}

void FastaScan::count_residues(std::string_view text) {
  int64_t residues = 0;
  bool bad = false;
  for (const char c : text) {
    const Letter letter = kLetters[static_cast<unsigned char>(c)];
    residues += letter == Letter::residue;
    bad |= letter == Letter::bad;
  }
  count_.residues += residues;
  if (!bad || bad_letter_ || count_.sequences == 0) return;
  bad_letter_ = true;
  const auto byte = std::find_if(text.begin(), text.end(), [](char c) {
    return kLetters[static_cast<unsigned char>(c)] == Letter::bad;
  });
  complain(fmt::format("line {} holds the byte 0x{:02x}, which is no residue", line_,
                       static_cast<unsigned char>(*byte)));
}

FastaCount FastaScan::finish() {
  if (count_.bytes == 0) {
    complain("it is empty");
  } else if (count_.sequences > 0) {
    if (!line_start_) complain(fmt::format("it ends in the middle of line {}: it was cut short", line_));
    if (line_start_ && record_start_ == count_.residues)
      complain("its last record has no sequence: it was cut short");
  }
  return std::move(count_);
}

bool is_compressed(std::string_view start) {
  using namespace std::string_view_literals;
  return start.starts_with("\x1f\x8b"sv) || start.starts_with("\x28\xb5\x2f\xfd"sv) ||
         start.starts_with("\xfd\x37\x7a\x58\x5a"sv);
}

void check_z(const DatabaseSpec& spec, MsaSearch::Kind kind, bool sharded, FastaCount& count) {
  const bool protein = kind == MsaSearch::Kind::protein;
  const double size =
      protein ? static_cast<double>(count.sequences) : static_cast<double>(count.residues) / 1e6;
  const std::string flag = fmt::format("--{}_z_value", spec.name);
  if (sharded && !spec.z_value) {
    count.problems.push_back(fmt::format("shards need {}: {}", flag, size));
  } else if (spec.z_value && std::abs(*spec.z_value - size) > kZTolerance * size) {
    count.problems.push_back(fmt::format("{} is {}, but there are {} {}", flag, *spec.z_value, size,
                                         protein ? "sequences" : "megabases"));
  }
}

}  // namespace

FastaCount count_fasta(const fs::path& file, const Cancellation& cancellation) {
  std::ifstream stream(file, std::ios::binary);
  if (!stream || fs::is_directory(file)) throw Error(file.string(), "it can't be read as a file");
  std::string buffer(1 << 20, '\0');
  FastaScan scan;
  for (bool first = true; stream; first = false) {
    if (cancellation.requested()) throw Cancelled();
    stream.read(buffer.data(), static_cast<std::streamsize>(buffer.size()));
    const std::string_view piece(buffer.data(), static_cast<size_t>(stream.gcount()));
    if (first && is_compressed(piece)) {
      FastaCount count;
      count.bytes = fs::file_size(file);
      count.problems = {"it is compressed: searches need it as plain text"};
      return count;
    }
    scan.add(piece);
  }
  if (stream.bad()) throw Error(file.string(), "it can't be read to its end");
  return scan.finish();
}

DatabaseReport check_database(const DatabaseSpec& spec, MsaSearch::Kind kind,
                              const std::vector<std::string>& db_dirs, const Cancellation& cancellation) {
  DatabaseReport report;
  try {
    const Database database = locate_database(spec, db_dirs);
    report.files = database.files;
    for (const fs::path& file : database.files) {
      const FastaCount count = count_fasta(file, cancellation);
      report.count.sequences += count.sequences;
      report.count.residues += count.residues;
      report.count.bytes += count.bytes;
      for (const std::string& problem : count.problems)
        report.count.problems.push_back(fmt::format("{}: {}", file.string(), problem));
    }
    if (report.count.problems.empty()) check_z(spec, kind, database.sharded, report.count);
  } catch (const Error& error) {
    report.count.problems.push_back(error.what());
  }
  return report;
}

DatabaseReport check_pdb(const DatabaseSpec& spec, const std::vector<std::string>& db_dirs) {
  DatabaseReport report;
  report.entries = true;
  try {
    const fs::path path = resolve_path(spec, db_dirs);
    report.files = {path};
    PdbStore::open(path);
    if (!fs::is_directory(path)) {
      report.count.bytes = fs::file_size(path);
      return report;
    }
    for (const auto& entry : fs::directory_iterator(path))
      report.count.sequences += entry.path().filename().string().find(".cif") != std::string::npos;
    if (report.count.sequences == 0)
      report.count.problems.push_back(fmt::format("{}: there are no .cif files in it", path.string()));
  } catch (const Error& error) {
    report.count.problems.push_back(error.what());
  } catch (const fs::filesystem_error& error) {
    report.count.problems.push_back(error.what());
  }
  return report;
}

}  // namespace pleat
