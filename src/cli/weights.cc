// pleat weights synthesise and pleat weights info: write and describe weights files.
#include <fmt/format.h>

#include <map>

#include "base/log.h"
#include "cli/commands.h"
#include "cli/flags.h"
#include "weights/parameters.h"

namespace pleat::cli {
namespace {

// The identifier as text if it is printable, else in hexadecimal.
std::string readable(const std::string& identifier) {
  const std::string text = identifier.substr(0, identifier.find('\0'));
  const auto printable = [](char c) { return c >= ' ' && c <= '~'; };
  if (std::all_of(text.begin(), text.end(), printable)) return text.empty() ? "(none)" : text;
  std::string hex;
  for (const char c : identifier) hex += fmt::format("{:02x}", static_cast<unsigned char>(c));
  return hex;
}

}  // namespace

int weights_synthesise(const Arguments& arguments) {
  uint64_t seed = 0;
  std::string output;
  CommandLine line("weights synthesise",
                   "Writes made-up parameters, for checks and timings without the official ones.");
  line.value("seed", seed, "Seed; it decides all values, with each parameter's name and index")->required();
  line.value("output", output, "Folder for the weights file")->required()->type_name("FOLDER");
  line.example("pleat weights synthesise --seed 1 --output made_up_weights",
               "Write the parameters that --model_dir synthetic:1 stands for.");
  if (!line.parse(arguments)) return kSuccess;
  const fs::path file = fs::path(output) / fmt::format("synthetic_{}.bin.zst", seed);
  ThreadPool pool(usable_cores());
  weights::Parameters::synthesise(seed, pool).write(file);
  log_info("Wrote {}.", file.string());
  return kSuccess;
}

int weights_info(const Arguments& arguments) {
  std::string model_dir;
  CommandLine line("weights info", "Checks a weights folder and describes its model.");
  line.argument("DIR", model_dir, "Folder of the weights, or synthetic:SEED");
  line.example("pleat weights info ~/models", "Check the weights in the usual folder.");
  if (!line.parse(arguments)) return kSuccess;
  const auto parameters = weights::Parameters::outline(expand_home(model_dir));
  int64_t values = 0, bytes = 0;
  for (const weights::Parameter& parameter : parameters.all()) {
    values += element_count(parameter.shape);
    bytes += parameter.stored_bytes();
  }
  constexpr double kMib = 1024.0 * 1024.0;
  fmt::print("source      {}\nidentifier  {}\nparameters  {}\nvalues      {}\nsize        {:.1f} MiB\n",
             parameters.source(), readable(parameters.identifier()), parameters.all().size(), values,
             static_cast<double>(bytes) / kMib);
  return kSuccess;
}

}  // namespace pleat::cli
