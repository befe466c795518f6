// The entities of the alphafold3 dialect: one element of `sequences` each.
#pragma once

#include <string>
#include <vector>

#include "base/file.h"
#include "input/fold_input.h"
#include "input/json_node.h"

namespace pleat {

// The chains of one element of `sequences`: one per id, with equal content. Files are named relative to
// `folder`.
std::vector<Chain> read_entity(const JsonNode& element, const fs::path& folder);

}  // namespace pleat
