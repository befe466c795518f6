// pleat bench: measures kernels, a block of the trunk, a step of the diffusion and whole runs, compares their
// speed with the peak of the machine or of a GPU, and their memory with the plan.
#include <fmt/format.h>

#include "base/cpu.h"
#include "base/error.h"
#include "base/memory.h"
#include "bench/device_measurements.h"
#include "bench/measurements.h"
#include "cli/commands.h"
#include "cli/device_flags.h"
#include "cli/flags.h"
#include "kernels/isa.h"

namespace pleat::cli {
namespace {

using nlohmann::ordered_json;

struct BenchFlags {
  std::vector<int> tokens = {128, 256};
  std::vector<std::string> parts = {"kernels", "block", "step"};
  std::vector<Isa> isas;
  std::string precision = "auto", model_dir, json;
  DeviceFlags device;
  model::ModelOptions options;
  int threads = 0;

  void declare(CommandLine& line);
  // Whether no part needs the parameters' values.
  bool no_network() const {
    return std::all_of(parts.begin(), parts.end(),
                       [](const std::string& part) { return part == "kernels" || part == "search"; });
  }

 private:
  std::string tokens_ = "128,256", parts_ = "kernels,block,step", isas_;
};

// The comma-separated words of a text. Throws CLI::ValidationError for a word that is not in `known`.
std::vector<std::string> words_of(const std::string& text, const std::vector<std::string>& known) {
  std::vector<std::string> words;
  for (size_t from = 0; from <= text.size();) {
    const size_t comma = std::min(text.find(',', from), text.size());
    words.push_back(text.substr(from, comma - from));
    if (std::find(known.begin(), known.end(), words.back()) == known.end())
      throw CLI::ValidationError(
          fmt::format("found '{}'; choose from {}", words.back(), CLI::detail::join(known, ", ")));
    from = comma + 1;
  }
  return words;
}

// What can be measured on the CPU or on a GPU.
std::vector<std::string> all_parts() {
  std::vector<std::string> all = bench::known_parts();
  for (const std::string& part : bench::known_device_parts())
    if (std::find(all.begin(), all.end(), part) == all.end()) all.push_back(part);
  return all;
}

// Throws Error for a part that the device does not have.
void require_parts(const std::vector<std::string>& parts, const std::vector<std::string>& known,
                   const char* device) {
  for (const std::string& part : parts)
    if (std::find(known.begin(), known.end(), part) == known.end())
      throw Error("--parts", fmt::format("'{}' is not measured on the {}", part, device),
                  fmt::format("Choose from {}.", CLI::detail::join(known, ", ")));
}

std::vector<Isa> isas_of(const std::string& text) {
  std::vector<std::string> names;
  for (const Isa isa : kernels::kernel_isas()) names.push_back(name(isa));
  const auto chosen = words_of(text, names);
  std::vector<Isa> isas;
  for (const Isa isa : kernels::kernel_isas())
    if (std::find(chosen.begin(), chosen.end(), name(isa)) != chosen.end()) isas.push_back(isa);
  return isas;
}

void BenchFlags::declare(CommandLine& line) {
  for (const Isa isa : kernels::kernel_isas())
    if (!emulated(isa)) isas.push_back(isa);
  line.value("tokens", tokens_, "Token counts for block, step and run, in increasing order")
      ->each([this](const std::string& text) { tokens = rising_integers(text); });
  line.value("parts", parts_,
             "What to measure: kernels, block, step; confidence (on a GPU); search (protein searches; the "
             "column "
             "tokens gives the query's residues); and parts that take minutes: run (on a GPU worked out from "
             "the "
             "other parts, for 1,024 to 5,120 tokens), memory (a run of a network with one block per stack), "
             "scaling "
             "(how well a trunk pass of one block per stack divides among more threads)")
      ->each([this](const std::string& text) { parts = words_of(text, all_parts()); });
  line.value("isa", isas_, "Instruction sets, for example avx2,avx512")
      ->default_str("all of the machine's")
      ->each([this](const std::string& text) { isas = isas_of(text); });
  line.value("precision", precision,
             "Arithmetic; auto: bfloat16 if its products are faster; tf32, for GPUs alone: bfloat16 with the "
             "diffusion "
             "in TF32")
      ->check(CLI::IsMember({"auto", "float32", "bfloat16", "tf32"}));
  line.value("model_dir", model_dir, "Folder of the weights of a network of other sizes; demo: the small one")
      ->default_str("made-up weights of the official network");
  line.value("samples", options.num_diffusion_samples, "Structures for step and run")->check(at_least(1));
  line.value("recycles", options.num_recycles, "Recycles for run")->check(at_least(0));
  line.value("steps", options.num_diffusion_steps, "Diffusion steps for run")->check(at_least(1));
  line.value("json", json, "Also write the figures to this JSON file")->type_name("FILE");
  declare_threads(line, threads);
  device.declare(line);
}

// Throws Error when the largest token count does not fit into memory.
void require_room(const BenchFlags& flags, ThreadPool& pool) {
  const int64_t n = flags.tokens.back(), room = usable_memory();
  int64_t needed = 0;
  for (const Isa isa : flags.isas) {
    kernels::use_isa(isa);
    needed = std::max(needed, bench::memory_needed(flags.parts, n, flags.options.num_diffusion_samples,
                                                   arithmetic_of(flags.precision, isa), pool));
  }
  if (needed > room)
    throw Error("--tokens",
                fmt::format("{} tokens need {} of memory, but only {} are available", n, size_text(needed),
                            size_text(room)),
                "Choose fewer tokens.");
}

ordered_json document_of(int threads) {
  return {{"program", std::string("pleat ") + PLEAT_VERSION},
          {"machine", cpu_name()},
          {"cores", usable_cores()},
          {"threads", threads},
          {"peaks", ordered_json::array()},
          {"figures", ordered_json::array()},
          {"memory", ordered_json::array()},
          {"scaling", ordered_json::array()},
          {"searches", ordered_json::array()},
          {"device_peaks", ordered_json::array()},
          {"device_figures", ordered_json::array()}};
}

weights::Parameters parameters_of(const BenchFlags& flags, ThreadPool& pool) {
  if (!flags.model_dir.empty())
    return weights::Parameters::load(expand_home(flags.model_dir), pool, usable_memory());
  return flags.no_network() ? weights::Parameters::of_sizes(weights::official_sizes())
                            : weights::Parameters::synthesise(1, pool);
}

void measure_cpu(const BenchFlags& flags, ThreadPool& pool, const bench::Note& note) {
  require_parts(flags.parts, bench::known_parts(), "CPU");
  if (flags.precision == "tf32")
    throw Error("--precision tf32", "the processor does not multiply TF32, GPUs do", "Use --device cuda.");
  if (!flags.no_network()) require_room(flags, pool);
  const weights::Parameters parameters = parameters_of(flags, pool);
  fmt::print("{}, {} cores, {} threads\n", cpu_name(), usable_cores(), pool.size());
  for (const Isa isa : flags.isas) {
    kernels::use_isa(isa);
    fmt::print("\n");
    bench::measure_peaks(pool, note);
    fmt::print("{}\n", bench::table_head());
    const bench::Setup setup{flags.tokens, flags.options, arithmetic_of(flags.precision, isa), parameters,
                             pool};
    for (const std::string& part : bench::known_parts())
      if (std::find(flags.parts.begin(), flags.parts.end(), part) != flags.parts.end())
        bench::measure(part, setup, note);
  }
}

void measure_gpu(const BenchFlags& flags, OpenDevice& device, ThreadPool& pool, const bench::Note& note) {
  require_parts(flags.parts, bench::known_device_parts(), "GPU");
  auto& backend = static_cast<cuda::CudaBackend&>(*device.backend);
  const weights::Parameters parameters = parameters_of(flags, pool);
  bench::DeviceSetup setup{flags.tokens, flags.options, arithmetic_of(flags.precision, active_isa()),
                           parameters, pool};
  if (flags.precision == "auto") setup.network = ops::Arithmetic::bfloat16;
  setup.options.max_memory = device.max_memory;
  // The emulation's rates mean nothing: it only shows that the measurements run.
  if (flags.device.emulated()) {
    setup.enough = 0;
    setup.effort = cuda::least_effort();
  }
  fmt::print("{}\n", bench::device_table_head());
  bench::measure_device(flags.parts, setup, backend, note);
}

}  // namespace

int bench(const Arguments& arguments) {
  BenchFlags flags;
  CommandLine line(
      "bench",
      "Measures kernels, a block of the trunk, a step of the diffusion and whole runs with made-up "
      "parameters, and compares their speed with the machine's peak at that moment, or with a GPU's.");
  flags.declare(line);
  line.example("pleat bench --parts block --tokens 128", "Measure a block of the trunk at 128 tokens.");
  if (!line.parse(arguments)) return kSuccess;

  ThreadPool pool(flags.threads > 0 ? flags.threads : usable_cores());
  ordered_json document = document_of(pool.size());
  const bench::Note note = [&](const bench::AnyFigure& figure) {
    fmt::print("{}\n", bench::text_of(figure));
    std::fflush(stdout);
    document[bench::list_of(figure)].push_back(bench::json_of(figure));
  };
  OpenDevice device = open_device(flags.device, pool, usable_memory());
  if (device.is_gpu)
    measure_gpu(flags, device, pool, note);
  else
    measure_cpu(flags, pool, note);
  constexpr int kIndent = 1;
  if (!flags.json.empty()) write_file(flags.json, document.dump(kIndent) + "\n");
  return kSuccess;
}

}  // namespace pleat::cli
