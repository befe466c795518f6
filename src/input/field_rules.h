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

// `job`.name. Not blank; its file name (FoldInput::sanitised_name) is not empty, "." or "..".
std::string read_name(const JsonNode& job);

// A list of at least one seed, each 0 to 2^32-1. Like the reference's int(), cuts off fractions and reads
// digits in strings; warns where the seed differs from what is written.
std::vector<uint32_t> read_seeds(const JsonNode& seeds);

// `polymer`.sequence: one or more letters, not all in lower case unless residues are modified. (Lower-case
// letters are unknown residues; the prediction would leave out a chain of nothing else.)
std::string read_sequence(const JsonNode& polymer);

// How a dialect and entity spell a modification, e.g. {"ptmType", "ptmPosition"}.
struct ModificationKeys {
  std::string type, position;
};

// What to do with a prefix "CCD_" of a component's code.
enum class PrefixRule { keep, refuse, drop };

// A component's code, accepted by `checks`.
std::string read_component_code(const JsonNode& code, PrefixRule prefix, const ContentChecks& checks);

// `polymer`.modifications; none where the key is absent. Positions are 1 to `length`; a `length` of 0 means
// an unreadable sequence, and no check. Reports all problems; returns whether there are none.
bool read_modifications(const JsonNode& polymer, const ModificationKeys& keys, size_t length,
                        PrefixRule prefix, const ContentChecks& checks,
                        std::vector<Modification>& modifications);

// A text field that may be absent or null.
std::optional<std::string> optional_text(const JsonNode& object, const std::string& key);

}  // namespace pleat::input
