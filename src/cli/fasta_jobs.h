// Jobs from FASTA files.
#pragma once

#include <vector>

#include "base/file.h"
#include "input/read_input.h"

namespace pleat::cli {

// One job for each record of a FASTA file (plain, gzip, xz or zstd): one chain A, seed 1, named by the first
// word of the header. The letters decide the chain's type: ACGUN with a U is RNA, ACGTN with a T is DNA,
// everything else protein. Problems, in the form of read_jobs: no records, no name, a repeated name, no
// sequence, a character that is not a letter.
std::vector<input::JobReading> read_fasta_jobs(const fs::path& file);

}  // namespace pleat::cli
