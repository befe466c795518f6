// The alphafoldserver dialect: a JSON list, each element a job. docs/specs/outputs.md, section 5.2.
#pragma once

#include "input/content_checks.h"
#include "input/json_node.h"
#include "input/read_input.h"

namespace pleat::input {

// Reads one element of the list into `reading` and reports all problems to the document's findings. Chains
// get the ids A, B, ..., Z, AA, BA, ... in input order; a job without seeds gets a random one. Throws Error
// when the JSON is not a job of this dialect.
void read_server_job(const JsonNode& job, const ContentChecks& checks, JobReading& reading);

}  // namespace pleat::input
