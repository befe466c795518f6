#include "cli/flags.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>

#include "base/cpu.h"
#include "base/error.h"
#include "base/log.h"
#include "base/memory.h"
#include "kernels/isa.h"
#include "model/memory_plan.h"

namespace pleat::cli {
namespace {

constexpr std::string_view kWeightsTerms =
    "https://github.com/google-deepmind/alphafold3/blob/main/WEIGHTS_TERMS_OF_USE.md";

// Checks a date YYYY-MM-DD; rewrites YYYYMMDD to that form.
std::string read_date(std::string& text) {
  std::string dashed = text;
  if (text.size() == 8) dashed.insert(6, "-").insert(4, "-");
  int year = 0;
  unsigned month = 0;
  unsigned day = 0;
  int used = 0;
  const bool formed =
      dashed.size() == 10 && std::sscanf(dashed.c_str(), "%4d-%2u-%2u%n", &year, &month, &day, &used) == 3;
  const std::chrono::year_month_day date{std::chrono::year(year), std::chrono::month(month),
                                         std::chrono::day(day)};
  if (!formed || used != 10 || !date.ok())
    return fmt::format("found '{}' where a date such as 2021-09-30 is needed", text);
  text = dashed;
  return "";
}

std::string above_zero(const std::string& text) {
  double value = 0;
  const auto [used, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  const bool number = error == std::errc() && used == text.data() + text.size() && std::isfinite(value);
  return number && value > 0 ? "" : fmt::format("found '{}', a number above 0 is needed", text);
}

}  // namespace

std::vector<int> rising_integers(const std::string& text) {
  std::vector<int> numbers;
  const char* from = text.data();
  const char* end = text.data() + text.size();
  const auto skip_spaces = [end](const char* at) {
    return std::find_if(at, end, [](char c) { return c != ' '; });
  };
  while (from < end) {
    int number = 0;
    const auto [number_end, error] = std::from_chars(skip_spaces(from), end, number);
    const char* next = skip_spaces(number_end);
    const bool separated = next == end || (*next == ',' && next + 1 != end);
    if (error != std::errc() || !separated || number < 1 || (!numbers.empty() && number <= numbers.back())) {
      throw CLI::ValidationError(
          fmt::format("found '{}' where positive integers in increasing order are needed, "
                      "for example 256,512",
                      text));
    }
    numbers.push_back(number);
    from = next == end ? end : next + 1;
  }
  if (numbers.empty()) throw CLI::ValidationError("at least one number is needed");
  return numbers;
}

ops::Arithmetic arithmetic_of(const std::string& precision, Isa isa) {
  if (precision == "tf32") return ops::Arithmetic::tf32;
  const bool bfloat16 = precision == "bfloat16" || (precision == "auto" && kernels::gains_from_bf16(isa));
  return bfloat16 ? ops::Arithmetic::bfloat16 : ops::Arithmetic::float32;
}

void FeatureFlags::declare(CommandLine& line) {
  if (const auto cache = user_cache_folder()) options.conformer_failures = *cache / "failed_conformers";
  line.group("Features");
  line.value("buckets", buckets_, "Padded token counts, which select the random stream, in increasing order")
      ->each([this](const std::string& text) { options.buckets = rising_integers(text); });
  line.value("max_template_date", options.max_template_date,
             "Latest release date for templates and for the use of model coordinates")
      ->transform(CLI::Validator(read_date, "YYYY-MM-DD"));
  line.value("conformer_max_iterations", options.conformer_max_iterations, "Rounds of the conformer search")
      ->default_str("RDKit's")
      ->check(at_least(0));
  line.value("conformer_timeout", options.conformer_timeout,
             "Time after which a conformer search gives up, and the component's ideal coordinates serve")
      ->default_str("none")
      ->type_name("SECONDS")
      ->check(CLI::Validator(above_zero, ""));
  line.boolean("fix_standalone_glycans", options.fix_standalone_glycans,
               "Keep the O1 of glycans without bonds");
  line.boolean("resolve_msa_overlaps", options.resolve_msa_overlaps,
               "Drop rows of the unpaired MSA that are also in the paired one");
  declare_ccd(line, ccd);
}

void declare_ccd(CommandLine& line, std::string& ccd) {
  line.value("ccd", ccd, "Chemical components, a file of pleat ccd build")
      ->default_str("that of PLEAT_CCD, or else those in the program")
      ->type_name("FILE");
}

std::shared_ptr<const chem::Ccd> open_ccd(const std::string& ccd) {
  if (!ccd.empty()) return chem::Ccd::open(expand_home(ccd));
  const char* set = std::getenv("PLEAT_CCD");
  return set && *set ? chem::Ccd::open(set) : chem::Ccd::embedded();
}

void ModelFlags::declare(CommandLine& line, int least_recycles) {
  line.group("Network");
  line.value(
      "model_dir", model_dir,
      "Folder of the weights; demo: a small network that knows only ubiquitin; synthetic:SEED: meaningless "
      "weights");
  declare_run(line, least_recycles);
}

void ModelFlags::declare_run(CommandLine& line, int least_recycles) {
  line.group("Network");
  line.value("num_recycles", options.num_recycles, "Recycles of the trunk")->check(at_least(least_recycles));
  line.value("num_diffusion_samples", options.num_diffusion_samples, "Structures per seed")
      ->check(at_least(1));
  line.value("num_diffusion_steps", options.num_diffusion_steps, "Diffusion steps")->check(at_least(1));
  precision = arithmetic_of(precision_, active_isa());
  line.value("precision", precision_,
             "Arithmetic of the network; auto: bfloat16 if the processor or the GPU multiplies it faster; "
             "tf32, for "
             "GPUs alone: bfloat16 with the diffusion in TF32, as AlphaFold 3 runs on a GPU")
      ->check(CLI::IsMember({"auto", "float32", "bfloat16", "tf32"}))
      ->each([this](const std::string& text) { precision = arithmetic_of(text, active_isa()); });
  line.size("max_memory", options.max_memory, "all there is",
            "Memory that the program may use, in bytes or as 16G");
  declare_threads(line, threads);
  device.declare(line);
}

std::unique_ptr<ops::Backend> ModelFlags::open(ThreadPool& pool) {
  OpenDevice opened = open_device(device, pool, options.max_memory);
  device_name_ = opened.name;
  max_host_memory_ = options.max_memory;
  if (opened.is_gpu) {
    options.max_memory = opened.max_memory;
    if (precision_ == "auto") precision = ops::Arithmetic::bfloat16;
  }
  if (!opened.is_gpu && precision == ops::Arithmetic::tf32)
    throw Error("--precision tf32", fmt::format("{} does not multiply TF32, GPUs do", opened.name),
                "Use --precision bfloat16 or float32, or --device cuda.");
  return std::move(opened.backend);
}

// The values read must fit beside the program's memory. Whether the packed ones fit is known only after
// reading all shapes.
weights::Parameters ModelFlags::load_parameters(ThreadPool& pool, const ops::Backend& ops) const {
  const int64_t left = max_host_memory_ - resident_memory();
  weights::Parameters parameters = weights::Parameters::load(expand_home(model_dir), pool, left);
  model::require_memory_for_packing(ops, parameters, precision, options.max_memory);
  log_info("Parameters from {}.", parameters.source());
  log_info("Arithmetic: {} on {}.", name_of(precision), device_name_);
  if (model_dir == "demo")
    log_warning(
        "These are the demo weights, trained only on ubiquitin. They show how the program works and cannot "
        "predict other structures.");
  else if (!parameters.are_made_up())
    log_info("The terms at {} apply to the official parameters.", kWeightsTerms);
  return parameters;
}

void declare_threads(CommandLine& line, int& threads) {
  line.value("threads", threads, "Threads")->default_str("all usable cores")->check(at_least(1));
}

void JaxFlags::declare(CommandLine& line) {
  line.group("AlphaFold 3 flags without effect");
  const std::string help = "No effect: pleat compiles nothing, and --device chooses where it runs";
  const auto noted = [this](const std::string& flag) {
    return [this, flag](const std::string&) {
      if (told_.insert(flag).second)
        log_info("--{} has no effect: pleat compiles nothing, and --device chooses where it runs.", flag);
    };
  };
  line.value("jax_compilation_cache_dir", cache_dir_, help)->each(noted("jax_compilation_cache_dir"));
  line.value("gpu_device", device_, help)->each(noted("gpu_device"));
  line.value("jax_backend", backend_, help)
      ->transform(CLI::IsMember({"cpu", "gpu", "mps"}, CLI::ignore_case))
      ->each(noted("jax_backend"));
  line.value("flash_attention_implementation", attention_, help)
      ->check(CLI::IsMember({"triton", "cudnn", "xla"}))
      ->each(noted("flash_attention_implementation"));
}

std::string expand_home(const std::string& path) {
  const char* home = std::getenv("HOME");
  const bool tilde = path == "~" || path.starts_with("~/");
  return tilde && home ? home + path.substr(1) : path;
}

}  // namespace pleat::cli
