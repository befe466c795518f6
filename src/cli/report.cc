// pleat report: a prediction as one HTML page.
#include <fmt/format.h>

#include "cli/commands.h"
#include "cli/flags.h"
#include "report/page.h"

namespace pleat::cli {

int report_predictions(const Arguments& arguments) {
  std::string folder;
  std::string ccd;
  CommandLine line(
      "report",
      "Writes NAME_report.html into a job's folder: one page that opens in any browser, without network.");
  line.argument("OUTPUT_DIR", folder, "Folder of a job's results, or the folder that holds it");
  declare_ccd(line, ccd);
  line.example("pleat report results/job", "Write results/job/job_report.html.");
  if (!line.parse(arguments)) return kSuccess;
  for (const fs::path& job : report::job_folders(folder))
    fmt::print("{}\n", report::write_page(job, open_ccd(ccd)).string());
  return kSuccess;
}

}  // namespace pleat::cli
