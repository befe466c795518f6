// The alphafoldserver dialect: a JSON list, each element a job. specs/outputs.md 5.2.
#pragma once

#include <vector>

#include "input/fold_input.h"
#include "input/json_node.h"

namespace pleat {

// Chains get the ids A, B, ..., Z, AA, BA, ... in input order. A job without seeds gets a random one.
std::vector<FoldInput> read_server_jobs(const JsonNode& root);

}  // namespace pleat
