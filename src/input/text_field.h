// Fields that give a text inline or by the path of a file.
#pragma once

#include <optional>
#include <string>

#include "base/file.h"
#include "input/json_node.h"

namespace pleat::input {

// The text `object`[key], or the text of the file `object`[key + "Path"] (relative to `folder`; gzip, xz and
// zstd are unpacked); nullopt when both are absent or null. Throws Error when both are given and not empty,
// when the inline text names an existing file, or when the file is not readable UTF-8.
std::optional<std::string> text_field(const JsonNode& object, const std::string& key, const fs::path& folder);

// The node that gives such a text: that of the path if there is one, else that of `key`. The text must exist.
JsonNode text_source(const JsonNode& object, const std::string& key);

}  // namespace pleat::input
