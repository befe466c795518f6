// Input JSON, as pleat validate reads it. What is accepted makes a structure, and survives being written and
// read again.
#include <unistd.h>

#include "base/error.h"
#include "featurise/chemistry_checks.h"
#include "featurise/featurise.h"
#include "fuzz/target.h"
#include "input/read_input.h"

using namespace pleat;

namespace {

void check_accepted(const input::FoldInput& input, const fs::path& again) {
  const auto ccd = input.user_ccd ? chem::Ccd::with_user_ccd(chem::Ccd::embedded(), *input.user_ccd)
                                  : chem::Ccd::embedded();
  try {
    PLEAT_ASSERT(!featurise::structure_layout(input, *ccd, featurise::FeaturiseOptions()).tokens.empty());
  } catch (const Error&) {  // a structure that can't be made: pleat validate tells of it
  }
  for (const input::Chain& chain : input.chains) {
    Findings found;
    featurise::check_residues(chain, found);
    for (const Error& warning : found.warnings) PLEAT_ASSERT(!warning.what_is_wrong().empty());
  }
  const std::string text = input::to_json(input);
  write_file(again, text);
  const auto jobs = input::read_jobs(again, input::ContentChecks());
  PLEAT_ASSERT(jobs.size() == 1);
  PLEAT_ASSERT(jobs[0].problems.empty() || input.name.find('/') != std::string::npos);
  PLEAT_ASSERT(!jobs[0].problems.empty() || input::to_json(jobs[0].input) == text);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const fs::path folder = fs::temp_directory_path() / ("pleat_fuzz_" + std::to_string(::getpid()));
  const fs::path file = folder / "job.json";
  write_file(file, {reinterpret_cast<const char*>(data), size});
  for (const input::JobReading& job :
       input::read_jobs(file, featurise::ChemistryChecks(chem::Ccd::embedded()))) {
    for (const auto& errors : {job.problems, job.warnings}) {
      for (const Error& error : errors) PLEAT_ASSERT(error.where().starts_with(file.string()));
    }
    PLEAT_ASSERT(job.chain_places.size() == job.input.chains.size());
    if (!job.problems.empty()) continue;
    ++accepted_inputs;
    check_accepted(job.input, folder / "again.json");
  }
  fs::remove_all(folder);
  return 0;
}
