// Sequences as jobs.
#pragma once

#include <vector>

#include "base/file.h"
#include "input/read_input.h"

namespace pleat::cli {

// A job for each record of a FASTA file (plain, gzip, xz or zstd): one chain A, seed 1, named by the first
// word of the header. The chain's type is told by its letters: ACGUN with a U is RNA, ACGTN with a T is DNA,
// everything else protein. Problems, as read_jobs gives them: no records, no name, a name that comes twice,
// no sequence, something that is no letter.
std::vector<input::JobReading> read_fasta_jobs(const fs::path& file);

}  // namespace pleat::cli
