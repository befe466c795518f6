// pleat bench: how fast kernels, a block of the trunk, a step of the diffusion and whole runs are on this
// machine, which share of its measured peak that is, and the memory that they take beside the plan.
#include <fmt/format.h>

#include <ctime>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>

#include "base/cpu.h"
#include "base/error.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/rehearsal_pool.h"
#include "cli/commands.h"
#include "cli/flags.h"
#include "cli/kernel_timings.h"
#include "cli/workloads.h"
#include "kernels/isa.h"
#include "kernels/peak.h"
#include "model/memory_plan.h"
#include "model/work.h"
#include "ops/cpu_backend.h"

namespace pleat::cli {
namespace {

using nlohmann::ordered_json;

constexpr double kGiga = 1e9;
constexpr double kEnough = 0.2;  // seconds that a timing's runs take together

// --- Flags

struct BenchFlags {
  std::vector<int> tokens = {128, 256};
  std::vector<std::string> parts = {"kernels", "block", "step"};
  std::vector<Isa> isas;
  std::string precision = "auto", json;
  model::ModelOptions options;
  int threads = 0;

  void declare(CommandLine& line);
  bool has(const std::string& part) const {
    return std::find(parts.begin(), parts.end(), part) != parts.end();
  }

 private:
  std::string tokens_ = "128,256", parts_ = "kernels,block,step", isas_;
};

// The comma-separated words of a text, each one of `known`. Throws CLI::ValidationError.
std::vector<std::string> words_of(const std::string& text, const std::vector<std::string>& known) {
  std::vector<std::string> words;
  for (size_t from = 0; from <= text.size();) {
    const size_t comma = std::min(text.find(',', from), text.size());
    words.push_back(text.substr(from, comma - from));
    if (std::find(known.begin(), known.end(), words.back()) == known.end())
      throw CLI::ValidationError(
          fmt::format("found '{}', known here are: {}", words.back(), CLI::detail::join(known, ", ")));
    from = comma + 1;
  }
  return words;
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
  line.value("tokens", tokens_, "Token counts of block, step and run, in rising order")
      ->each([this](const std::string& text) { tokens = rising_integers(text); });
  line.value(
          "parts", parts_,
          "What to measure: kernels, block, step; on request, as they take minutes: run, memory (a run of "
          "a network with one block a stack), scaling (how a trunk pass of one block a stack divides among "
          "more threads)")
      ->each([this](const std::string& text) {
        parts = words_of(text, {"kernels", "block", "step", "run", "memory", "scaling"});
      });
  line.value("isa", isas_, "Instruction sets, as avx2,avx512")
      ->default_str("all that the machine has")
      ->each([this](const std::string& text) { isas = isas_of(text); });
  line.value("precision", precision, "Arithmetic; auto: bfloat16 where the instruction set multiplies it")
      ->check(CLI::IsMember({"auto", "float32", "bfloat16"}));
  line.value("samples", options.num_diffusion_samples, "Structures of step and run")->check(at_least(1));
  line.value("recycles", options.num_recycles, "Recycles of a run")->check(at_least(0));
  line.value("steps", options.num_diffusion_steps, "Steps of a run's diffusion")->check(at_least(1));
  line.value("json", json, "File for the figures as JSON");
  declare_threads(line, threads);
}

// --- Figures

std::string text_of(ops::Arithmetic arithmetic) {
  switch (arithmetic) {
    case ops::Arithmetic::float32:
      return "float32";
    case ops::Arithmetic::split:
      return "split";
    case ops::Arithmetic::bfloat16:
      return "bfloat16";
  }
  return "";
}

// What products in an arithmetic are at most: split ones are three of halves each. Nothing where the
// instructions are emulated.
std::optional<double> peak_of(const kernels::Peak& peak, ops::Arithmetic arithmetic) {
  constexpr int64_t kEdge = 64;
  constexpr double kSplitProducts = 3;
  switch (kernels::packing_of(kEdge, kEdge, arithmetic)) {
    case kernels::Packing::float32:
    case kernels::Packing::bf16:
      return peak.float32;
    case kernels::Packing::bf16x2:
      return peak.bfloat16 > 0 ? std::optional(peak.bfloat16) : std::nullopt;
    case kernels::Packing::split_bf16x2:
      return peak.bfloat16 > 0 ? std::optional(peak.bfloat16 / kSplitProducts) : std::nullopt;
  }
  return std::nullopt;
}

struct Figure {
  std::string part, what;
  std::optional<int64_t> tokens;
  ops::Arithmetic arithmetic;
  double seconds, operations;
};

// The most bytes held during a stage, and those planned for it.
struct MemoryFigure {
  std::string what;
  int64_t tokens, planned, measured;
};

// How a stage's work divides among threads.
struct ScalingFigure {
  std::string what;
  int64_t tokens;
  int threads;
  RehearsalPool::Times times;
};

// Prints figures as they come, and keeps them as JSON.
class Report {
 public:
  explicit Report(int threads) {
    json_ = {{"program", std::string("pleat ") + PLEAT_VERSION},
             {"machine", cpu_name()},
             {"cores", usable_cores()},
             {"threads", threads},
             {"peaks", ordered_json::array()},
             {"figures", ordered_json::array()},
             {"memory", ordered_json::array()},
             {"scaling", ordered_json::array()}};
    fmt::print("{}, {} cores, {} threads\n", cpu_name(), usable_cores(), threads);
  }

  void start(const kernels::Peak& one_thread, const kernels::Peak& all_threads);
  void add(const Figure& figure);
  void add_memory(const MemoryFigure& figure);
  void add_scaling(const ScalingFigure& figure);
  const ordered_json& json() const { return json_; }

 private:
  kernels::Peak peak_;
  ordered_json json_;
};

void Report::start(const kernels::Peak& one_thread, const kernels::Peak& all_threads) {
  peak_ = all_threads;
  const auto part = [&](const char* arithmetic, double one, double all) {
    fmt::print("{} {}: peak {:.1f} GFLOP/s of one thread, {:.1f} of all\n", name(kernels::kernel_isa()),
               arithmetic, one / kGiga, all / kGiga);
    json_["peaks"].push_back({{"isa", name(kernels::kernel_isa())},
                              {"arithmetic", arithmetic},
                              {"one_thread_gflops", one / kGiga},
                              {"all_threads_gflops", all / kGiga}});
  };
  fmt::print("\n");
  part("float32", one_thread.float32, all_threads.float32);
  if (all_threads.bfloat16 > 0) part("bfloat16", one_thread.bfloat16, all_threads.bfloat16);
  fmt::print("{:<8}{:<34}{:>7}  {:<9}{:>12}{:>12}{:>10}\n", "part", "what", "tokens", "products", "ms",
             "GFLOP/s", "of peak");
}

void Report::add(const Figure& f) {
  const double rate = f.operations / f.seconds;
  const auto peak = peak_of(peak_, f.arithmetic);
  fmt::print("{:<8}{:<34}{:>7}  {:<9}{:>12.3f}{:>12.1f}{:>10}\n", f.part, f.what,
             f.tokens ? fmt::format("{}", *f.tokens) : "", text_of(f.arithmetic), f.seconds * 1e3,
             rate / kGiga, peak ? fmt::format("{:.0f} %", 100 * rate / *peak) : "");
  std::fflush(stdout);
  json_["figures"].push_back({{"isa", name(kernels::kernel_isa())},
                              {"part", f.part},
                              {"what", f.what},
                              {"tokens", f.tokens ? ordered_json(*f.tokens) : ordered_json()},
                              {"arithmetic", text_of(f.arithmetic)},
                              {"seconds", f.seconds},
                              {"gflop", f.operations / kGiga},
                              {"gflops", rate / kGiga},
                              {"share_of_peak", peak ? ordered_json(rate / *peak) : ordered_json()}});
}

void Report::add_memory(const MemoryFigure& f) {
  const double ratio = static_cast<double>(f.planned) / static_cast<double>(f.measured);
  fmt::print("{:<8}{:<34}{:>7}  planned {}, measured {}: {:.2f}\n", "memory", f.what, f.tokens,
             size_text(f.planned), size_text(f.measured), ratio);
  std::fflush(stdout);
  json_["memory"].push_back({{"isa", name(kernels::kernel_isa())},
                             {"what", f.what},
                             {"tokens", f.tokens},
                             {"planned_bytes", f.planned},
                             {"measured_bytes", f.measured}});
}

void Report::add_scaling(const ScalingFigure& f) {
  const double serial = f.times.serial_share(), efficiency = f.times.efficiency(f.threads);
  fmt::print("{:<8}{:<34}{:>7}  {} threads: serial {:.2f} %, threads busy {:.0f} %\n", "scaling", f.what,
             f.tokens, f.threads, 100 * serial, 100 * efficiency);
  std::fflush(stdout);
  json_["scaling"].push_back({{"isa", name(kernels::kernel_isa())},
                              {"what", f.what},
                              {"tokens", f.tokens},
                              {"threads", f.threads},
                              {"serial_share", serial},
                              {"efficiency", efficiency}});
}

// --- Measurements

// Figures mean little while other programs run: says so where the threads did not get the cores to
// themselves.
kernels::Peak undisturbed_peak(ThreadPool& pool) {
  constexpr double kUndisturbed = 0.9;
  kernels::Peak peak;
  const std::clock_t before = std::clock();
  const double wall = seconds_of([&] { peak = kernels::measure_peak(pool); });
  const double used = static_cast<double>(std::clock() - before) / CLOCKS_PER_SEC;
  if (used < kUndisturbed * wall * pool.size())
    log_warning("{} threads got {:.1f} cores: other programs are running, and figures will be low.",
                pool.size(), used / wall);
  return peak;
}

// The measurements with one instruction set.
class Bench {
 public:
  Bench(const BenchFlags& flags, const weights::Parameters& parameters, ThreadPool& pool, Report& report)
      : flags_(flags),
        parameters_(parameters),
        sizes_(network_sizes(parameters)),
        pool_(pool),
        ops_(pool),
        trunk_(arithmetic_of(flags.precision, kernels::kernel_isa())),
        diffusion_(model::diffusion_arithmetic(trunk_)),
        report_(report) {}

  void run();

 private:
  void kernels();
  void blocks();
  void steps();
  void whole_runs();
  void memory();
  void scaling();
  model::MemoryPlan plan(int64_t tokens, int64_t atoms) const;

  const BenchFlags& flags_;
  const weights::Parameters& parameters_;
  weights::NetworkSizes sizes_;
  ThreadPool& pool_;
  ops::CpuBackend ops_;
  ops::Arithmetic trunk_, diffusion_;
  Report& report_;
};

void Bench::kernels() {
  const ops::Workers workers(pool_);
  for (const KernelTiming& timing : kernel_timings(workers, trunk_, diffusion_))
    report_.add({"kernels",
                 timing.name,
                 {},
                 timing.arithmetic,
                 least_seconds(kEnough, timing.run),
                 timing.operations});
}

// Of a job without MSA, beside what is held now.
model::MemoryPlan Bench::plan(int64_t tokens, int64_t atoms) const {
  return model::plan_memory(ops_, sizes_, {tokens, atoms, 1, flags_.options.num_diffusion_samples}, trunk_,
                            resident_memory(), usable_memory());
}

void Bench::blocks() {
  const TrunkBlock block(parameters_, trunk_, ops_);
  for (const int64_t n : flags_.tokens) {
    const model::MemoryPlan planned = plan(n, 0);
    reset_peak_memory();
    report_.add(
        {"block", "trunk block", n, trunk_, block.time(n, kEnough), model::pairformer_work(sizes_, n)});
    report_.add_memory({"trunk block", n, planned.trunk_block, peak_memory()});
  }
}

featurise::Batch random_batch(int64_t tokens, ThreadPool& pool) {
  return featurise::JobFeatures(random_protein(tokens), *chem::Ccd::embedded(), {}, pool).for_seed(1);
}

model::WorkSize work_size(const featurise::Batch& batch, int samples, bool keep_pair_logits = true) {
  return {batch.tokens,    model::atom_layout(batch).atoms, batch.num_alignments(), 1, samples,
          keep_pair_logits};
}

void Bench::steps() {
  constexpr int kSteps = 4, kFewSteps = 2;
  constexpr int64_t kMany = 1024;  // tokens
  const DiffusionSteps diffusion(parameters_, trunk_, ops_);
  const int samples = flags_.options.num_diffusion_samples;
  for (const int64_t n : flags_.tokens) {
    const featurise::Batch batch = random_batch(n, pool_);
    const model::MemoryPlan planned = plan(n, model::atom_layout(batch).atoms);
    const model::Work work = model::work_of(sizes_, work_size(batch, samples, planned.keep_pair_logits));
    reset_peak_memory();
    const auto seconds =
        diffusion.time(batch, samples, n > kMany ? kFewSteps : kSteps, planned.keep_pair_logits);
    report_.add(
        {"step", "diffusion's preparation", n, diffusion_, seconds.preparation, work.diffusion_preparation});
    report_.add({"step", fmt::format("diffusion step, {} samples", samples), n, diffusion_, seconds.step,
                 work.diffusion_step});
    report_.add_memory({"diffusion", n, planned.diffusion, peak_memory()});
  }
}

// The peak of each stage of a prediction. What the diffusion held is freed after its last report, so that the
// first sample's confidence does not count.
void Bench::memory() {
  weights::Parameters parameters = parameters_;
  parameters.cut_to_one_block();
  const model::Model model(std::move(parameters), trunk_, ops_);
  model::ModelOptions options = flags_.options;
  options.num_recycles = 0;
  options.num_diffusion_steps = 1;
  options.keep_distogram = options.keep_pair_embeddings = false;
  for (const int64_t n : flags_.tokens) {
    const featurise::Batch batch = random_batch(n, pool_);
    const model::MemoryPlan planned = plan(n, model::atom_layout(batch).atoms);
    const auto note = [&](std::string_view stage, int done, int total) {
      const bool first_confidence = stage == "confidence" && done == 1;
      if (first_confidence) reset_peak_memory();
      if (done < total || first_confidence) return;
      const int64_t bytes = stage == "trunk"       ? planned.trunk
                            : stage == "diffusion" ? planned.diffusion
                                                   : planned.confidence;
      report_.add_memory({std::string(stage), n, bytes, peak_memory()});
      reset_peak_memory();
    };
    reset_peak_memory();
    model.predict(batch, 1, options, note);
  }
}

void Bench::whole_runs() {
  const model::Model model(parameters_, trunk_, ops_);
  const model::ModelOptions& options = flags_.options;
  for (const int64_t n : flags_.tokens) {
    const featurise::Batch batch = random_batch(n, pool_);
    std::map<std::string, double, std::less<>> ends;
    const Stopwatch watch;
    const auto note = [&](std::string_view stage, int, int) { ends[std::string(stage)] = watch.seconds(); };
    const double seconds = seconds_of([&] { model.predict(batch, 1, options, note); });
    const model::WorkSize size = work_size(batch, options.num_diffusion_samples);
    const model::Work work = model::work_of(sizes_, size);
    const auto add = [&](const std::string& what, ops::Arithmetic arithmetic, double took,
                         double operations) {
      report_.add({"run", what, n, arithmetic, took, operations});
    };
    add(fmt::format("trunk, {} passes", options.num_recycles + 1), trunk_, ends["trunk"],
        work.target_feat + (options.num_recycles + 1) * work.trunk_pass);
    add(fmt::format("diffusion, {} steps", options.num_diffusion_steps), diffusion_,
        ends["diffusion"] - ends["trunk"],
        work.diffusion_preparation + options.num_diffusion_steps * work.diffusion_step);
    add(fmt::format("confidence, {} samples", options.num_diffusion_samples), trunk_,
        ends["confidence"] - ends["diffusion"], options.num_diffusion_samples * work.confidence_sample);
    add("whole network", trunk_, seconds,
        model::total_work(sizes_, size, options.num_recycles, options.num_diffusion_steps));
  }
}

// Of the whole trunk the blocks are a larger part, and what stands around them a smaller one. The best of
// several runs: whatever interrupts one task makes all other threads of its region wait.
void Bench::scaling() {
  constexpr int kRuns = 3;
  weights::Parameters parameters = parameters_;
  parameters.cut_to_one_block();
  for (const int64_t n : flags_.tokens) {
    const featurise::Batch batch = random_batch(n, pool_);
    for (const int threads : {2, 8, 32, 64}) {
      RehearsalPool pool(threads);
      ops::CpuBackend rehearsed(pool);
      TrunkPass pass(parameters, trunk_, rehearsed, batch);
      pass.run();  // takes memory that the next run finds
      std::optional<RehearsalPool::Times> best;
      for (int run = 0; run < kRuns; ++run) {
        pool.start();
        pass.run();
        const auto times = pool.times();
        if (!best || times.efficiency(threads) > best->efficiency(threads)) best = times;
      }
      report_.add_scaling({"trunk pass", n, threads, *best});
    }
  }
}

void Bench::run() {
  if (flags_.has("kernels")) kernels();
  if (flags_.has("block")) blocks();
  if (flags_.has("step")) steps();
  if (flags_.has("run")) whole_runs();
  if (flags_.has("memory")) memory();
  if (flags_.has("scaling")) scaling();
}

// Throws Error where the largest of the token counts does not fit into memory.
void require_room(const BenchFlags& flags, ThreadPool& pool) {
  const ops::CpuBackend backend(pool);
  constexpr int64_t kAtomsOfResidue = 9;
  const int64_t n = flags.tokens.back();
  const model::PredictionSize size{n, kAtomsOfResidue * n, 1, flags.options.num_diffusion_samples};
  const bool whole = flags.has("run") || flags.has("memory") || flags.has("scaling");
  const int64_t room = usable_memory();
  int64_t peak = 0;
  const auto parameters = weights::Parameters::of_sizes(weights::official_sizes());
  for (const Isa isa : flags.isas) {
    kernels::use_isa(isa);
    const ops::Arithmetic arithmetic = arithmetic_of(flags.precision, isa);
    const model::MemoryPlan plan =
        model::plan_memory(backend, weights::official_sizes(), size, arithmetic,
                           model::held_while_packing(backend, parameters, arithmetic), room);
    peak = std::max(peak, whole ? plan.peak() : std::max(plan.trunk_block, plan.diffusion));
  }
  if (peak > room)
    throw Error(
        "--tokens",
        fmt::format("{} tokens need {} of memory, and there is {}", n, size_text(peak), size_text(room)),
        "Choose fewer.");
}

}  // namespace

int bench(const Arguments& arguments) {
  BenchFlags flags;
  CommandLine line(
      "bench",
      "Measures kernels, a block of the trunk, a step of the diffusion and whole runs, on made-up "
      "parameters, and holds them against the machine's measured peak.");
  flags.declare(line);
  if (!line.parse(arguments)) return kSuccess;

  ThreadPool pool(flags.threads > 0 ? flags.threads : usable_cores());
  const bool only_kernels = flags.parts == std::vector<std::string>{"kernels"};
  if (!only_kernels) require_room(flags, pool);
  const auto parameters = only_kernels ? weights::Parameters::of_sizes(weights::official_sizes())
                                       : weights::Parameters::synthesise(1, pool);
  Report report(pool.size());
  for (const Isa isa : flags.isas) {
    kernels::use_isa(isa);
    ThreadPool alone(1);
    report.start(kernels::measure_peak(alone), undisturbed_peak(pool));
    Bench(flags, parameters, pool, report).run();
  }
  constexpr int kIndent = 1;
  if (!flags.json.empty()) write_file(flags.json, report.json().dump(kIndent) + "\n");
  return kSuccess;
}

}  // namespace pleat::cli
