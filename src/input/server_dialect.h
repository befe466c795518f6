// The alphafoldserver dialect: a JSON list, each element a job. docs/specs/outputs.md, section 5.2.
#pragma once

#include "input/content_checks.h"
#include "input/json_node.h"
#include "input/read_input.h"

namespace pleat::input {

// Fills `reading` from one element of the list. Chains get the ids A, B, ..., Z, AA, BA, ... in input order.
// A job without seeds gets a random one. Everything wrong is reported to the document's findings. Throws
// Error when this is no job of the dialect at all.
void read_server_job(const JsonNode& job, const ContentChecks& checks, JobReading& reading);

}  // namespace pleat::input
