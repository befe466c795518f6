// What of a job's results is complete, and what is left to do.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "batch/manifest.h"

namespace pleat::batch {

// The files that a job's results consist of, as paths within its folder.
struct Expected {
  struct Seed {
    uint32_t seed = 0;
    std::vector<std::string> arrays;                // of the seed as a whole
    std::vector<std::vector<std::string>> samples;  // of each sample
  };
  std::string data;                // NAME_data.json
  std::vector<Seed> seeds;         // none where the network doesn't run
  std::vector<std::string> whole;  // what needs all samples
};

struct Left {
  struct Seed {
    uint32_t seed = 0;
    std::vector<int> samples;
  };
  bool data = true;
  std::vector<Seed> seeds;
  bool whole = true;

  bool nothing() const { return !data && seeds.empty() && !whole; }
};

// Everything: of a job that has no results.
Left all_of(const Expected& expected);

// Drops from the manifest what `folder` no longer has as it was noted, or what is not expected, and says what
// is left to do. A seed that lacks one of its arrays is left with all its samples: they need the same trunk.
// Where the data are left, all seeds are.
Left left_of(Manifest& manifest, const fs::path& folder, const Expected& expected);

// The folder of `output_dir` whose results may be continued towards `origin`: NAME, or NAME_ followed by a
// time. nullopt where there is none. Links are left alone.
struct Continued {
  fs::path folder;
  Manifest manifest;
};
std::optional<Continued> find_continued(const fs::path& output_dir, const std::string& name,
                                        const Origin& origin);

// Whether one of the folders that a job may have (as for find_continued) holds all results of its last run.
bool is_complete(const fs::path& output_dir, const std::string& name);

// Removes what writers that were killed have left in a job's folder: parts of files.
void remove_parts(const fs::path& folder);

}  // namespace pleat::batch
