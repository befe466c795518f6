// Rules for fields that both dialects have. docs/specs/outputs.md, section 5.1.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "input/content_checks.h"
#include "input/fold_input.h"
#include "input/json_node.h"

namespace pleat::input {

// Of a job, and ids of an entity: far more than a network can take, few enough to be checked soon.
constexpr size_t kMostEntities = 20'000;

// `job`.name: not blank, and a name for files (FoldInput::sanitised_name) that is neither empty nor "." nor
// "..".
std::string read_name(const JsonNode& job);

// A list of at least one seed, each 0 to 2^32-1. As the reference's int() does, a fraction is cut off and
// digits in a string count; what is not as written is warned of.
std::vector<uint32_t> read_seeds(const JsonNode& seeds);

// `polymer`.sequence: at least one residue, letters only, not all of them small unless residues are modified
// (small letters are unknown residues, and a chain of nothing else would be left out of the prediction).
std::string read_sequence(const JsonNode& polymer);

// How a dialect and entity spell a modification, e.g. {"ptmType", "ptmPosition"}.
struct ModificationKeys {
  std::string type, position;
};

// What is done about a prefix "CCD_" of a component's code.
enum class PrefixRule { keep, refuse, drop };

// The code of a component that `checks` accept.
std::string read_component_code(const JsonNode& code, PrefixRule prefix, const ContentChecks& checks);

// `polymer`.modifications, none where the key is absent. Positions are 1 to `length`, which is 0 where the
// sequence could not be read: then they are not checked. Everything wrong is reported; returns whether
// nothing is.
bool read_modifications(const JsonNode& polymer, const ModificationKeys& keys, size_t length,
                        PrefixRule prefix, const ContentChecks& checks,
                        std::vector<Modification>& modifications);

// A text field that may be absent or null.
std::optional<std::string> optional_text(const JsonNode& object, const std::string& key);

}  // namespace pleat::input
