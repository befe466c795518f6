// pleat view: a prediction in the terminal.
#include "report/view.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdlib>
#include <string_view>

#include "cli/commands.h"
#include "cli/flags.h"

namespace pleat::cli {
namespace {

std::string_view variable(const char* name) {
  const char* value = std::getenv(name);
  return value ? value : "";
}

// Like most programs: colours only in a terminal, unless NO_COLOR is set; block characters if the locale has
// them.
report::ViewStyle style_of_stdout() {
  if (!isatty(STDOUT_FILENO) || variable("TERM") == "dumb") return {};
  std::string_view locale = variable("LC_ALL");
  if (locale.empty()) locale = variable("LC_CTYPE");
  if (locale.empty()) locale = variable("LANG");
  const bool unicode = locale.find("UTF-8") != locale.npos || locale.find("utf8") != locale.npos;
  return {.colour = variable("NO_COLOR").empty(), .unicode = unicode};
}

}  // namespace

int view(const Arguments& arguments) {
  std::string folder;
  std::string ccd;
  CommandLine line("view", "Shows the predictions in a folder of results: samples, pLDDT, PAE and geometry.");
  line.argument("OUTPUT_DIR", folder, "Folder of a job's results, or the folder that holds it");
  declare_ccd(line, ccd);
  line.example("pleat view results/job", "Print the samples of a job, their pLDDT and PAE.");
  if (!line.parse(arguments)) return kSuccess;
  bool is_first = true;
  for (const fs::path& job : report::job_folders(folder)) {
    fmt::print("{}{}", is_first ? "" : "\n\n",
               report::view_text(report::read_facts(job, open_ccd(ccd)), style_of_stdout()));
    is_first = false;
  }
  return kSuccess;
}

}  // namespace pleat::cli
