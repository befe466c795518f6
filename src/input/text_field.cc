#include "input/text_field.h"

#include "base/error.h"

namespace pleat::input {
namespace {

// A shorter inline text may be a path in the wrong field.
constexpr size_t kLongestMistakenPath = 256;

bool names_a_file(const std::string& text, const fs::path& folder) {
  if (text.empty() || text.size() >= kLongestMistakenPath || text.find('\0') != std::string::npos)
    return false;
  std::error_code ignored;
  return fs::exists(text, ignored) || fs::exists(folder / text, ignored);
}

// Turns "\r\n" and "\r" into "\n".
std::string with_plain_newlines(const std::string& text) {
  std::string plain;
  plain.reserve(text.size());
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\r') {
      plain += text[i];
    } else if (i + 1 == text.size() || text[i + 1] != '\n') {
      plain += '\n';
    }
  }
  return plain;
}

// As in the reference, compressed files get plain newlines; other files stay unchanged.
std::string read_referenced_file(const fs::path& path) {
  const std::string stored = read_file(path);
  const std::string text = decompress(stored);
  return text == stored ? stored : with_plain_newlines(text);
}

bool is_utf8(const std::string& text) {
  try {
    nlohmann::json(text).dump();
    return true;
  } catch (const nlohmann::json::type_error&) {
    return false;
  }
}

}  // namespace

std::optional<std::string> text_field(const JsonNode& object, const std::string& key,
                                      const fs::path& folder) {
  const std::string path_key = key + "Path";
  const auto inline_text = object.find(key);
  const auto path = object.find(path_key);
  const bool has_path = path && !path->string().empty();
  if (inline_text && !inline_text->string().empty()) {
    if (has_path) object.fail("both '" + key + "' and '" + path_key + "' are given", "Keep one of them.");
    if (names_a_file(inline_text->string(), folder)) {
      inline_text->fail("found a file path, " + describe(inline_text->value()),
                        "Give file paths in '" + path_key + "'.");
    }
  }
  if (path && !has_path && !inline_text)
    path->warn("the path is empty",
               "'" + key + "' counts as absent; for an empty text give \"" + key + "\": \"\".");
  if (!has_path) return inline_text ? std::optional(inline_text->string()) : std::nullopt;
  if (path->string().find('\0') != std::string::npos)
    path->fail("found the path " + describe(path->value()) + " with a null character", "Correct the path.");
  const fs::path file = folder / path->string();
  try {
    std::string text = read_referenced_file(file);
    if (!is_utf8(text)) throw Error("", "the file is not UTF-8 text", "Convert the file to UTF-8.");
    return text;
  } catch (const Error& error) {
    throw Error(path->place(), file.string() + ": " + error.what_is_wrong(), error.fix());
  }
}

JsonNode text_source(const JsonNode& object, const std::string& key) {
  const auto path = object.find(key + "Path");
  return path && !path->string().empty() ? *path : object.at(key);
}

}  // namespace pleat::input
