#include "cli/jobs.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.h"
#include "base/log.h"
#include "input/read_input.h"

namespace pleat::cli {

std::vector<fs::path> json_files(const fs::path& folder) {
  std::error_code error;
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(folder, error)) {
    if (entry.path().extension() == ".json" && entry.is_regular_file()) files.push_back(entry.path());
  }
  if (error) throw Error(folder.string(), "the folder can't be read: " + error.message());
  if (files.empty()) throw Error(folder.string(), "there are no .json files in it");
  std::sort(files.begin(), files.end());
  return files;
}

int run_jobs(const std::vector<fs::path>& files, const std::function<void(FoldInput)>& work) {
  int jobs = 0;
  int failures = 0;
  const auto attempt = [&](const auto& action) {
    try {
      action();
    } catch (const Error& error) {
      ++failures;
      report_error(error.what());
    }
  };
  for (const fs::path& file : files) {
    std::vector<FoldInput> inputs;
    attempt([&] { inputs = read_input(file); });
    for (FoldInput& input : inputs) {
      ++jobs;
      const std::string name = input.name;
      attempt([&] {
        try {
          work(std::move(input));
        } catch (const Error& error) {
          throw error.within(name);
        }
      });
    }
  }
  log_info("Ran {} job(s), {} error(s).", jobs, failures);
  return failures;
}

void report_error(const std::string& message) {
  std::string line = message;
  std::replace(line.begin(), line.end(), '\n', ' ');
  fmt::print(stderr, "pleat: error: {}\n", line);
}

}  // namespace pleat::cli
