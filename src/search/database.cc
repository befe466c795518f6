#include "search/database.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <regex>

#include "base/error.h"
#include "base/text.h"

namespace pleat::search {
namespace {

bool is_there(const fs::path& path) {
  std::error_code ignored;
  return fs::exists(path, ignored);
}

std::string path_flag(const DatabaseSpec& spec) { return fmt::format("--{}_database_path", spec.name); }

const std::regex& placeholder() {
  static const std::regex pattern(R"(\$(\{DB_DIR\}|DB_DIR(?![A-Za-z0-9_])))");
  return pattern;
}

// The largest N of the files PREFIX-00000-of-NNNNN SUFFIX; nullopt when there are none.
std::optional<int> largest_shard_count(const std::string& prefix, const std::string& suffix) {
  const fs::path folder = fs::path(prefix).parent_path();
  const std::string start = fs::path(prefix).filename().string() + "-00000-of-";
  std::optional<int> largest;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folder.empty() ? "." : folder, error)) {
    const std::string file = entry.path().filename().string();
    if (file.size() != start.size() + 5 + suffix.size() || !file.starts_with(start) ||
        !file.ends_with(suffix))
      continue;
    const std::string digits = file.substr(start.size(), 5);
    if (!std::all_of(digits.begin(), digits.end(), is_digit)) continue;
    largest = std::max(largest.value_or(0), std::stoi(digits));
  }
  return largest;
}

void require_readable(const DatabaseSpec& spec, const fs::path& path) {
  std::error_code ignored;
  if (fs::is_directory(path, ignored))
    throw Error(path_flag(spec), fmt::format("{} is a folder", path.string()),
                "Give the database's FASTA file.");
  if (access(path.c_str(), R_OK) != 0) {
    throw Error(path_flag(spec), fmt::format("{} can't be read: {}", path.string(), std::strerror(errno)),
                "Make the file readable.");
  }
}

void require_all_shards(const DatabaseSpec& spec, const std::vector<fs::path>& shards) {
  if (shards.empty())
    throw Error(path_flag(spec), fmt::format("{} has no shards", spec.path),
                "Give the number of shards after the @.");
  std::vector<std::string> missing;
  for (const fs::path& shard : shards) {
    if (!is_there(shard)) missing.push_back(shard.filename().string());
  }
  if (missing.empty()) return;
  const size_t named = std::min<size_t>(missing.size(), 3);
  throw Error(path_flag(spec),
              fmt::format("{} of {} shards of {} are missing ({}{})", missing.size(), shards.size(),
                          spec.path, fmt::join(missing.begin(), missing.begin() + named, ", "),
                          named < missing.size() ? ", ..." : ""),
              "Copy the missing shards, or correct the number of shards.");
}

}  // namespace

std::optional<std::vector<fs::path>> shard_files(const std::string& path) {
  static const std::regex pattern(R"(([^?\],*]+)@(\d{1,5}|\*)([._][^?\]@*/]*)?)");
  std::smatch parts;
  if (!std::regex_match(path, parts, pattern)) return std::nullopt;
  const std::string prefix = parts[1], shards = parts[2], suffix = parts[3];
  const auto count = shards == "*" ? largest_shard_count(prefix, suffix) : std::stoi(shards);
  if (!count) return std::nullopt;
  std::vector<fs::path> files;
  for (int i = 0; i < *count; ++i)
    files.push_back(fmt::format("{}-{:05}-of-{:05}{}", prefix, i, *count, suffix));
  return files;
}

fs::path resolve_path(const DatabaseSpec& spec, const std::vector<std::string>& db_dirs) {
  if (!std::regex_search(spec.path, placeholder())) {
    if (is_there(spec.path)) return spec.path;
    throw Error(path_flag(spec), fmt::format("{} does not exist", spec.path),
                "Give the path of the database.");
  }
  for (const std::string& dir : db_dirs) {
    std::string path;  // no regex_replace: `dir` may hold its special characters
    const std::sregex_token_iterator pieces(spec.path.begin(), spec.path.end(), placeholder(), -1);
    for (auto piece = pieces; piece != std::sregex_token_iterator(); ++piece)
      path += (piece == pieces ? "" : dir) + piece->str();
    if (is_there(path)) return path;
  }
  throw Error(path_flag(spec),
              fmt::format("{} is in none of the folders {}", spec.path, fmt::join(db_dirs, ", ")),
              shard_files(spec.path) || spec.path.find('@') != std::string::npos
                  ? "Give the whole path of the shards, without ${DB_DIR}."
                  : fmt::format("Give the databases' folder with --db_dir, or this database with {}.",
                                path_flag(spec)));
}

fs::path resolve_file(const DatabaseSpec& spec, const std::vector<std::string>& db_dirs) {
  try {
    const fs::path path = resolve_path(spec, db_dirs);
    require_readable(spec, path);
    return path;
  } catch (const Error&) {
    if (!shard_files(spec.path)) throw;
    throw Error(path_flag(spec), fmt::format("{} names shards", spec.path),
                "Give one file. This database cannot be sharded.");
  }
}

Database locate_database(const DatabaseSpec& spec, const std::vector<std::string>& db_dirs) {
  const bool placed = std::regex_search(spec.path, placeholder());
  const auto shards = placed ? std::nullopt : shard_files(spec.path);
  if (shards) require_all_shards(spec, *shards);
  const auto files = shards ? *shards : std::vector<fs::path>{resolve_path(spec, db_dirs)};
  for (const fs::path& file : files) require_readable(spec, file);
  return {files, shards.has_value(), spec.z_value};
}

Database resolve_database(const DatabaseSpec& spec, const std::vector<std::string>& db_dirs) {
  Database database = locate_database(spec, db_dirs);
  if (database.sharded && !database.z_value) {
    throw Error(fmt::format("--{}_z_value", spec.name),
                fmt::format("the flag is missing, but {} is sharded", spec.path),
                "Give the size of the whole database: sequences (protein) or megabases (RNA). pleat db check "
                "counts them.");
  }
  return database;
}

}  // namespace pleat::search
