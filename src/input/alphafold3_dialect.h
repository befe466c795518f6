// The alphafold3 dialect: one JSON object, one job. specs/outputs.md 5.1.
#pragma once

#include "base/file.h"
#include "input/content_checks.h"
#include "input/fold_input.h"
#include "input/json_node.h"

namespace pleat {

// What can be read of the job; everything wrong is reported to the document's problems. Throws Error when
// this is no job of the dialect at all.
FoldInput read_alphafold3_job(const JsonNode& root, const fs::path& folder, const ContentChecks& checks);

}  // namespace pleat
