// pleat search: only the data pipeline, as predict --norun_inference. Writes NAME_data.json.
#include "cli/batch_run.h"
#include "cli/commands.h"

namespace pleat::cli {
int search(const Arguments& arguments) {
  BatchFlags flags;
  flags.run_inference = false;
  CommandLine line("search",
                   "Searches for the jobs' MSAs and templates, and writes NAME_data.json for each.");
  flags.jobs.declare(line);
  declare_threads(line, flags.model.threads);
  flags.declare_run(line);
  flags.search.declare(line);
  flags.features.declare(line);
  line.example("pleat search --json_path job.json --output_dir searched",
               "Write searched/NAME/NAME_data.json, an input for pleat predict.");
  line.example("pleat search --fasta_path sequences.fasta --output_dir searched",
               "A job for each sequence of a FASTA file.");
  if (!line.parse(arguments)) return kSuccess;
  flags.jobs.check();
  return BatchRun(std::move(flags)).run();
}

}  // namespace pleat::cli
