// pleat db pack: packs a protein database into codes that searches map into memory.
#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>

#include "base/log.h"
#include "base/memory.h"
#include "base/stopwatch.h"
#include "cli/commands.h"
#include "cli/flags.h"
#include "cli/interrupt.h"
#include "profile/packed_file.h"

namespace pleat::cli {
namespace {

// A bar on a terminal, redrawn a few times a second and cleared at the end. Prints nothing elsewhere.
class ProgressBar {
 public:
  ~ProgressBar() {
    if (drawn_) fmt::print(stderr, "\r{:{}}\r", "", kWidth + 8);
  }
  void show(double share) {
    if (!terminal_ || (drawn_ && since_.seconds() < 0.2)) return;
    since_ = Stopwatch();
    drawn_ = true;
    const int done = static_cast<int>(share * kWidth);
    fmt::print(stderr, "\r[{:=<{}}{:<{}}] {:3.0f} %", "", done, "", kWidth - done, 100 * share);
    std::fflush(stderr);
  }

 private:
  static constexpr int kWidth = 50;
  const bool terminal_ = ::isatty(STDERR_FILENO) != 0;
  bool drawn_ = false;
  Stopwatch since_;
};

}  // namespace

int db_pack(const Arguments& arguments) {
  std::string fasta, output;
  CommandLine line("db pack",
                   "Packs a protein database for faster searches. The search flags accept the packed file "
                   "instead of the FASTA file.");
  line.argument("FASTA", fasta, "FASTA file, plain or compressed (gzip, xz, zstd)");
  line.value("output", output, "File to write, such as DATABASE.pleatdb")->required()->type_name("FILE");
  line.example("pleat db pack uniref90_2022_05.fa --output uniref90_2022_05.pleatdb",
               "Pack UniRef90; --uniref90_database_path takes the packed file.");
  if (!line.parse(arguments)) return kSuccess;
  const InterruptGuard guard;
  const fs::path file = expand_home(output);
  profile::PackedCounts counts;
  {
    ProgressBar bar;
    counts = profile::pack_fasta(expand_home(fasta), file, [&](double share) {
      if (guard.cancellation().requested()) throw search::Cancelled();
      bar.show(share);
    });
  }
  log_info("Packed {} sequences of {} residues into {}: {}.", counts.sequences, counts.residues,
           file.string(), size_text(static_cast<int64_t>(fs::file_size(file))));
  return kSuccess;
}

}  // namespace pleat::cli
