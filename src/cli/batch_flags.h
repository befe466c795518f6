// The flags of a batch, as `pleat predict` and `pleat search` have them.
#pragma once

#include <string>

#include "cli/flags.h"
#include "cli/job_flags.h"
#include "cli/jobs.h"
#include "cli/search_flags.h"
#include "output/output.h"
#include "search/data_pipeline.h"

namespace pleat::cli {

struct BatchFlags {
  JobFlags jobs;
  std::string features_dir;
  bool run_data_pipeline = true, run_inference = true, save_terms_of_use = true, check_disk = true,
       report = true;
  bool as_alphafold3 = false;  // print AlphaFold 3's lines on stdout
  SearchFlags search;
  search::SearchPart part;  // of the searches; jobs that wait for other parts are left out
  FeatureFlags features;
  ModelFlags model;
  output::OutputOptions output;
  std::string log_json, attempt;
  double finish_within = 100;  // seconds

  // All flags of pleat predict.
  void declare_predict(CommandLine& line, JaxFlags& jax);
  // Flags about the run as a whole.
  void declare_run(CommandLine& line);
  // Finds what a chain lacks for this run.
  CompletenessCheck check_chain() const;

 private:
  std::string part_text_ = "1/1", output_format_ = "cif";
};

}  // namespace pleat::cli
