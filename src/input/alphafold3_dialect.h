// The alphafold3 dialect: one JSON object, one job. docs/specs/outputs.md, section 5.1.
#pragma once

#include "base/file.h"
#include "input/content_checks.h"
#include "input/json_node.h"
#include "input/read_input.h"

namespace pleat::input {

// Reads what it can into `job` and reports all problems to the document's findings. Throws Error when the
// JSON is not a job of this dialect.
void read_alphafold3_job(const JsonNode& root, const fs::path& folder, const ContentChecks& checks,
                         JobReading& job);

}  // namespace pleat::input
