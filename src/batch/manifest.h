// NAME_manifest.json: what a job's results were made from, how, and what they are. docs/batch.md has its
// fields. The reference writes no such file.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/file.h"

namespace pleat::batch {

using Settings = std::map<std::string, std::string>;

// What decides a job's results. `search` holds what the data pipeline depends on beside the input, `network`
// what the network does; `weights` is the checksum of all parameters. Both are empty where only the data
// pipeline ran.
struct Origin {
  std::string input;  // checksum of the job as it was read, seeds left out
  Settings search;
  std::string weights;
  Settings network;

  // Whether results of `earlier` may be continued towards this origin: the same, or the data pipeline alone.
  bool continues(const Origin& earlier) const;
};

struct FileRecord {
  int64_t bytes = 0;
  std::string checksum;
};

struct SampleRecord {
  uint32_t seed = 0;
  int sample = 0;
  double ranking_score = 0;
};

// Where and in what the network ran last.
struct Machine {
  std::string device, instruction_set, arithmetic;
  int threads = 0;
};

enum class JobState { incomplete, complete, failed };

struct Manifest {
  std::string name, input_file;
  std::string weights_source;
  Origin origin;
  Machine machine;
  std::vector<uint32_t> seeds;
  std::vector<SampleRecord> samples;        // those whose files are complete
  std::map<std::string, double> seconds;    // by stage, of all runs together
  int64_t peak_memory = 0;                  // bytes of the program, of all runs
  std::map<std::string, FileRecord> files;  // by path within the job's folder
  JobState state = JobState::incomplete;
  std::string reason;  // of a failure

  // Notes a file of the folder as it is now. Throws Error where it can't be read.
  void add_file(const fs::path& folder, const std::string& path);
  // Whether the folder has the file as it was noted.
  bool has_file(const fs::path& folder, const std::string& path) const;
};

// "NAME_manifest.json".
std::string manifest_name(const std::string& sanitised_name);

std::string to_json(const Manifest& manifest);
// nullopt where the text is no manifest of this form.
std::optional<Manifest> parse_manifest(const std::string& text);
// nullopt where there is none that can be read.
std::optional<Manifest> read_manifest(const fs::path& file);

}  // namespace pleat::batch
