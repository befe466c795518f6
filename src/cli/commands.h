// The subcommands. Each takes the arguments after its name and returns the program's exit status. Throws
// Error or UsageError for user errors.
#pragma once

#include <string>
#include <vector>

namespace pleat::cli {

using Arguments = std::vector<std::string>;

int predict(const Arguments& arguments);
int run_alphafold(const Arguments& arguments);
int report_predictions(const Arguments& arguments);
int view(const Arguments& arguments);
int validate(const Arguments& arguments);
int search(const Arguments& arguments);
int make_template(const Arguments& arguments);
int db_check(const Arguments& arguments);
int db_pack(const Arguments& arguments);
int featurise_jobs(const Arguments& arguments);
int infer(const Arguments& arguments);
int estimate(const Arguments& arguments);
int cluster_slurm(const Arguments& arguments);
int cluster_status(const Arguments& arguments);
int bench(const Arguments& arguments);
int devices(const Arguments& arguments);
int ccd_build(const Arguments& arguments);
int weights_synthesise(const Arguments& arguments);
int weights_info(const Arguments& arguments);
int help(const Arguments& arguments);

struct Command {
  std::string name;     // one or two words
  std::string summary;  // one line of the program's help
  int (*run)(const Arguments&);
};

// All commands, in the order of the program's help.
const std::vector<Command>& commands();

constexpr int kSuccess = 0, kFailure = 1, kUsageFailure = 2, kSomeFailed = 3, kInterrupted = 130;

}  // namespace pleat::cli
