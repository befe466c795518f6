// The program: finds the subcommand, and turns errors into one line on stderr and an exit status.
#include <fmt/format.h>
#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <cstdio>
#include <iostream>

#include "base/cpu.h"
#include "base/error.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/nearest.h"
#include "cli/command_line.h"
#include "cli/commands.h"
#include "cli/jobs.h"
#include "cli/progress.h"
#include "kernels/isa.h"
#include "search/cancellation.h"

namespace pleat::cli {

const std::vector<Command>& commands() {
  static const std::vector<Command> table = {
      {"predict", "predict structures from input JSON", predict},
      {"run_alphafold", "predict with the stdout lines and exit status of run_alphafold.py", run_alphafold},
      {"report", "a prediction as one HTML page", report_predictions},
      {"view", "a prediction in the terminal", view},
      {"validate", "check input JSONs without running them", validate},
      {"search", "search for MSAs and templates only", search},
      {"template", "a chain of an mmCIF file to an entry of an input's templates", make_template},
      {"db check", "check that the databases can be searched", db_check},
      {"db pack", "pack a protein database for faster searches", db_pack},
      {"featurise", "make the network's features from input JSON", featurise_jobs},
      {"infer", "run only the network, from features to raw results", infer},
      {"estimate", "estimate the time and memory of input JSONs on this machine", estimate},
      {"cluster slurm", "submit a batch as array jobs of Slurm", cluster_slurm},
      {"cluster status", "what is done, running, failed and left of a batch on a cluster", cluster_status},
      {"bench", "measure how fast this machine is", bench},
      {"devices", "list the processor and the GPUs that can run the network", devices},
      {"ccd build", "build a compact dictionary from the PDB's components.cif", ccd_build},
      {"weights synthesise", "write made-up parameters", weights_synthesise},
      {"weights info", "check a weights folder and describe its model", weights_info},
      {"help", "this list, or the flags of a command", help},
  };
  return table;
}

namespace {

bool is_help(const std::string& argument) {
  return argument == "--help" || argument == "-h" || argument == "--helpfull" || argument == "--helpshort" ||
         argument == "-?";
}

// Whether the arguments start with the words of a command's name.
bool names(const Arguments& arguments, const std::string& name) {
  const auto words = static_cast<size_t>(1 + std::count(name.begin(), name.end(), ' '));
  if (arguments.size() < words) return false;
  return name == (words == 1 ? arguments[0] : arguments[0] + " " + arguments[1]);
}

int run(const Arguments& arguments) {
  if (arguments.empty()) throw UsageError("the command is missing. See pleat --help.");
  if (is_help(arguments[0])) return help({});
  if (arguments[0] == "--version") {
    fmt::print("pleat {}\n", PLEAT_VERSION);
    return kSuccess;
  }
  std::vector<std::string> known;
  for (const Command& command : commands()) {
    if (names(arguments, command.name)) {
      const auto words = 1 + std::count(command.name.begin(), command.name.end(), ' ');
      return command.run(Arguments(arguments.begin() + words, arguments.end()));
    }
    known.push_back(command.name);
  }
  std::string typed = arguments[0];
  const bool two_words = std::any_of(known.begin(), known.end(),
                                     [&](const std::string& name) { return name.starts_with(typed + " "); });
  if (two_words && arguments.size() > 1 && is_help(arguments[1])) return help({typed});
  if (two_words && arguments.size() > 1) typed += " " + arguments[1];
  const std::string meant = did_you_mean(typed, known);
  throw UsageError(
      fmt::format("unknown command '{}'. {}", typed, meant.empty() ? "See pleat --help." : meant));
}

void log_to_stderr() {
  auto logger = spdlog::stderr_color_mt("pleat");
  logger->set_pattern("%H:%M:%S %^%v%$");
  set_log_sink([logger](LogLevel level, const std::string& message) {
    hide_progress();
    logger->log(level == LogLevel::warning ? spdlog::level::warn : spdlog::level::info, one_line(message));
    restore_progress();
  });
}

// Runs the command and reports errors on stderr.
int status_of(const Arguments& arguments) {
  try {
    return_freed_memory();
    kernels::use_isa(active_isa());
    return run(arguments);
  } catch (const UsageError& error) {
    report_error(error.what());
    return kUsageFailure;
  } catch (const search::Cancelled&) {
    report_error("interrupted");
    return kInterrupted;
  } catch (const std::bad_alloc&) {
    report_error("out of memory");
    return kFailure;
  } catch (const std::exception& error) {
    report_error(error.what());
    return kFailure;
  }
}

// Whether stdout, which may be a file on a full disk, took everything printed.
bool stdout_is_written() {
  std::cout.flush();
  if (std::fflush(stdout) == 0 && !std::ferror(stdout)) return true;
  report_error("stdout: pleat cannot write its output there");
  return false;
}

}  // namespace
}  // namespace pleat::cli

int main(int argc, char** argv) {
  using namespace pleat::cli;
  log_to_stderr();
  const int status = status_of(Arguments(argv + 1, argv + argc));
  return stdout_is_written() || status != kSuccess ? status : kFailure;
}
