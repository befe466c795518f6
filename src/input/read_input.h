// Reading and writing jobs: the JSON dialects to FoldInput and back. docs/specs/outputs.md, section 5; the
// reference's common/folding_input.py.
#pragma once

#include <string>
#include <vector>

#include "base/error.h"
#include "base/file.h"
#include "input/content_checks.h"
#include "input/fold_input.h"

namespace pleat::input {

// One job and its findings. Use `input` only when there are no problems.
struct JobReading : Findings {
  Place place;  // "FILE: $", and "FILE: $[2]" for a job in a list
  FoldInput input;
  bool structure_read = false;      // whether chains, bonds and components have no problems
  std::vector<Place> chain_places;  // of the entity of each chain: "FILE: $.sequences[0].protein"
};

// The jobs of one input file. A JSON object is one job of the alphafold3 dialect; a list holds jobs of the alphafoldserver
// dialect, and of the alphafold3 dialect where they say so (which AlphaFold 3 refuses). Paths inside the JSON are relative to its folder; gzip, xz and zstd files are recognised by their
// first bytes. Never throws Error: every problem stands in its job, placed at "FILE: $.json.path" (or at
// "FILE: line L, column C" where the text is no JSON), with what was found and what would be right. A file
// that is not readable is one job with one problem.
std::vector<JobReading> read_jobs(const fs::path& json_file, const ContentChecks& checks);

// The text of NAME_data.json: alphafold3 dialect version 4, all texts inline, formatted as by the reference's
// Input.to_json.
std::string to_json(const FoldInput& input);

// Finds the fields of a chain that featurisation needs and the chain lacks. Places are empty.
void check_complete(const Chain& chain, Findings& found);

// Throws the first of these problems of a job, placed at the chain's type, 1-based index within that type,
// and id (docs/specs/featurisation.md, section 1).
void require_complete(const FoldInput& input);

}  // namespace pleat::input
