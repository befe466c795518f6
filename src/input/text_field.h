// Fields that hold a text either inline or as the path of a file.
#pragma once

#include <optional>
#include <string>

#include "base/file.h"
#include "input/json_node.h"

namespace pleat::input {

// The text of `object`[key], or of the file named by `object`[key + "Path"] (relative to `folder`; gzip, xz
// and zstd unpacked); nullopt where both are absent or null. Throws Error: both are given and not empty, the
// inline value is the name of an existing file, the file can't be read or is no UTF-8.
std::optional<std::string> text_field(const JsonNode& object, const std::string& key, const fs::path& folder);

// Where such a text comes from: the node of `key`, or that of the path where one is given. The text has to be
// there.
JsonNode text_source(const JsonNode& object, const std::string& key);

}  // namespace pleat::input
