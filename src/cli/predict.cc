// pleat predict: predicts structures and confidences from an input JSON. Flags are those of run_alphafold.py;
// docs/specs/outputs.md, section 4.
#include "cli/batch_run.h"
#include "cli/commands.h"

namespace pleat::cli {
namespace {

// Of AlphaFold 3's flags the last of a repeated one counts, and it ends with 1 where something failed.
int predict_as(const std::string& command, bool as_alphafold3, const Arguments& arguments) {
  BatchFlags flags;
  flags.as_alphafold3 = as_alphafold3;
  flags.report = !as_alphafold3;  // its callers expect AlphaFold 3's files
  JaxFlags jax;
  CommandLine line(command, "Predicts the structures of the jobs in input JSONs or a folder of them.");
  flags.declare_predict(line, jax);
  line.example("pleat " + command + " --json_path job.json --output_dir results",
               "Search for what the job lacks, predict, and write the results to results/NAME/.");
  line.example(
      "pleat " + command + " --json_path searched/job/job_data.json --output_dir results --num_seeds 5",
      "Predict with five seeds, from MSAs and templates that pleat search has found.");
  line.example("pleat " + command + " --input_dir jobs --output_dir results --norun_data_pipeline",
               "Predict all jobs of a folder. Their inputs hold all MSAs and templates.");
  if (!line.parse(arguments)) return as_alphafold3 && line.helped() ? kFailure : kSuccess;
  flags.jobs.check();
  if (!flags.run_data_pipeline && !flags.run_inference)
    throw UsageError("--norun_data_pipeline and --norun_inference together leave nothing to do");
  if (as_alphafold3 && flags.jobs.json_paths.size() > 1)
    flags.jobs.json_paths = {flags.jobs.json_paths.back()};
  const int status = BatchRun(std::move(flags)).run();
  return as_alphafold3 && status == kSomeFailed ? kFailure : status;
}

}  // namespace

int predict(const Arguments& arguments) { return predict_as("predict", false, arguments); }

// absl ends a program with status 1 after its help and after a wrong command line.
int run_alphafold(const Arguments& arguments) {
  try {
    return predict_as("run_alphafold", true, arguments);
  } catch (const UsageError& error) {
    report_error(error.what());
    return kFailure;
  }
}

}  // namespace pleat::cli
