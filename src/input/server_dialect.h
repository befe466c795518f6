// The alphafoldserver dialect: a JSON list, each element a job. specs/outputs.md 5.2.
#pragma once

#include "input/content_checks.h"
#include "input/fold_input.h"
#include "input/json_node.h"

namespace pleat {

// One element of the list. Chains get the ids A, B, ..., Z, AA, BA, ... in input order. A job without seeds
// gets a random one. Everything wrong is reported to the document's problems. Throws Error when this is no
// job of the dialect at all.
FoldInput read_server_job(const JsonNode& job, const ContentChecks& checks);

}  // namespace pleat
