// The alphafold3 dialect: one JSON object, one job. specs/outputs.md 5.1.
#pragma once

#include "base/file.h"
#include "input/fold_input.h"
#include "input/json_node.h"

namespace pleat {

FoldInput read_alphafold3_job(const JsonNode& root, const fs::path& folder);

}  // namespace pleat
