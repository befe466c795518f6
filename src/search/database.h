// Locates the databases: ${DB_DIR} and sharded files. docs/specs/outputs.md, section 4; the reference's
// replace_db_dir and data/tools/shards.py.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/file.h"

namespace pleat::search {

// A database by its command-line flags.
struct DatabaseSpec {
  std::string name;  // of its flags: --NAME_database_path, --NAME_z_value
  std::string path;  // a path, one with ${DB_DIR}, or shards: PREFIX@N[SUFFIX] or PREFIX@*[SUFFIX]
  std::optional<double> z_value;  // size of the whole: sequences (protein), megabases (RNA)
};

// A FASTA database on the disk.
struct Database {
  std::vector<fs::path> files;  // one, or the shards in order
  bool sharded = false;
  std::optional<double> z_value;
};

// The files of a sharded path: PREFIX-00000-of-0000N[SUFFIX] and so on; with '*' N is the largest for which
// the first file exists. nullopt when `path` names no shards, or '*' finds none. The files need not exist.
std::optional<std::vector<fs::path>> shard_files(const std::string& path);

// An existing path. Replaces ${DB_DIR} (or $DB_DIR) by the first of `db_dirs` that has the file. Throws Error
// naming the flag and the fix when there is none.
fs::path resolve_path(const DatabaseSpec& spec, const std::vector<std::string>& db_dirs);

// The same for a database of one file. Throws Error also for shards, a folder or an unreadable file.
fs::path resolve_file(const DatabaseSpec& spec, const std::vector<std::string>& db_dirs);

// The readable files of a database, with or without a Z value. Shards need a path without ${DB_DIR}. Throws
// Error naming the flag and the fix when a file is missing or unreadable.
Database locate_database(const DatabaseSpec& spec, const std::vector<std::string>& db_dirs);

// The same for a search. Throws Error also for shards without a Z value.
Database resolve_database(const DatabaseSpec& spec, const std::vector<std::string>& db_dirs);

}  // namespace pleat::search
