// Where the databases are: ${DB_DIR} and sharded files. docs/specs/outputs.md, section 4; the reference's
// replace_db_dir and data/tools/shards.py.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/file.h"

namespace pleat::search {

// A database as the command line names it.
struct DatabaseSpec {
  std::string name;  // of its flags: --NAME_database_path, --NAME_z_value
  std::string path;  // a path, one with ${DB_DIR}, or shards: PREFIX@N[SUFFIX] or PREFIX@*[SUFFIX]
  std::optional<double> z_value;  // size of the whole: sequences (protein), megabases (RNA)
};

// A FASTA database as it lies on the disk.
struct Database {
  std::vector<fs::path> files;  // one, or the shards in their order
  bool sharded = false;
  std::optional<double> z_value;
};

// The files of a sharded path: PREFIX-00000-of-0000N[SUFFIX] and so on; with '*' N is the largest for which
// the first file exists. nullopt where `path` names no shards (or '*' finds none). They need not exist.
std::optional<std::vector<fs::path>> shard_files(const std::string& path);

// The path of something that exists: with ${DB_DIR} (or $DB_DIR) the first of `db_dirs` in which it does,
// without it as it stands. Throws Error naming the flag and what to do where it is absent.
fs::path resolve_path(const DatabaseSpec& spec, const std::vector<std::string>& db_dirs);

// The same of a database that is one file: throws Error also for shards, a folder or a file that can't be
// read.
fs::path resolve_file(const DatabaseSpec& spec, const std::vector<std::string>& db_dirs);

// The files of a database, all of which can be read, with or without a Z value. ${DB_DIR} does not go with
// shards. Throws Error naming the flag and what to do where a file is missing or can't be read.
Database locate_database(const DatabaseSpec& spec, const std::vector<std::string>& db_dirs);

// The same, of a database that can be searched: throws Error also for shards without a Z value.
Database resolve_database(const DatabaseSpec& spec, const std::vector<std::string>& db_dirs);

}  // namespace pleat::search
