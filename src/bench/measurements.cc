#include "bench/measurements.h"

#include <fmt/format.h>

#include <algorithm>
#include <ctime>

#include "base/log.h"
#include "base/memory.h"
#include "bench/kernel_timings.h"
#include "bench/workloads.h"
#include "kernels/peak.h"
#include "model/memory_plan.h"
#include "model/work.h"
#include "ops/cpu_backend.h"

namespace pleat::bench {
namespace {

constexpr double kEnough = 0.2;  // seconds for all runs of a timing together

// The current peak of products in an arithmetic; a split product is three of bfloat16. 0 for emulated
// instructions.
double peak_now(ThreadPool& pool, ops::Arithmetic arithmetic) {
  constexpr int64_t kEdge = 64;
  constexpr double kSplitProducts = 3;
  switch (kernels::packing_of(kEdge, kEdge, arithmetic)) {
    case kernels::Packing::float32:
    case kernels::Packing::bf16:
      return kernels::float32_peak(pool);
    case kernels::Packing::bf16x2:
      return kernels::bfloat16_peak(pool);
    case kernels::Packing::split_bf16x2:
      return kernels::bfloat16_peak(pool) / kSplitProducts;
  }
  return 0;
}

featurise::Batch random_batch(int64_t tokens, ThreadPool& pool) {
  return featurise::JobFeatures(random_protein(tokens), *chem::Ccd::embedded(), {}, pool).for_seed(1);
}

model::WorkSize work_size(const featurise::Batch& batch, int samples, bool keep_pair_logits = true) {
  return {batch.tokens,    model::atom_layout(batch).atoms, batch.num_alignments(), 1, samples,
          keep_pair_logits};
}

class Bench {
 public:
  Bench(const Setup& setup, const Note& note)
      : setup_(setup),
        note_(note),
        sizes_(network_sizes(setup.parameters)),
        ops_(setup.pool),
        trunk_(setup.trunk),
        diffusion_(model::diffusion_arithmetic(trunk_)) {}

  void kernels();
  void blocks();
  void steps();
  void whole_runs();
  void memory();
  void scaling();
  void searches();

 private:
  void time(Figure figure, const std::function<Timing()>& timing);
  model::MemoryPlan plan(int64_t tokens, int64_t atoms) const;
  int threads() const { return setup_.pool.size(); }
  int samples() const { return setup_.options.num_diffusion_samples; }

  const Setup& setup_;
  const Note& note_;
  weights::NetworkSizes sizes_;
  ops::CpuBackend ops_;
  ops::Arithmetic trunk_, diffusion_;
};

// Times a figure between two measurements of the peak. If the rate is above both, something disturbed them:
// measures time and peak again.
void Bench::time(Figure figure, const std::function<Timing()>& timing) {
  constexpr int kTries = 3;
  figure.peaks.add(peak_now(setup_.pool, figure.arithmetic));
  for (int i = 0; i < kTries && (i == 0 || figure.above_peak()); ++i) {
    const Timing timed = timing();
    const int runs = figure.timing.runs + timed.runs;
    figure.timing.add({timed.seconds, timed.cpu});
    figure.timing.runs = runs;
    figure.peaks.add(peak_now(setup_.pool, figure.arithmetic));
  }
  note_(figure);
}

void Bench::kernels() {
  const ops::Workers workers(setup_.pool);
  for (const KernelTiming& kernel : kernel_timings(workers, trunk_, diffusion_))
    time({"kernels", kernel.name, {}, kernel.arithmetic, kernel.operations, threads(), {}, {}},
         [&] { return least_time(kEnough, kernel.run); });
}

// The plan of a job without MSA, with the memory held now.
model::MemoryPlan Bench::plan(int64_t tokens, int64_t atoms) const {
  return model::plan_memory(ops_, sizes_, {tokens, atoms, 1, samples()}, trunk_, resident_memory(),
                            usable_memory());
}

void Bench::blocks() {
  const TrunkBlock block(setup_.parameters, trunk_, ops_);
  for (const int64_t n : setup_.tokens) {
    const model::MemoryPlan planned = plan(n, 0);
    reset_peak_memory();
    time({"block", "trunk block", n, trunk_, model::pairformer_work(sizes_, n).operations, threads(), {}, {}},
         [&] { return block.time(n, kEnough); });
    note_(MemoryFigure{"trunk block", n, planned.trunk_block, peak_memory()});
  }
}

// Each diffusion gives one time of the preparation and one of a step, between two peak measurements.
void Bench::steps() {
  constexpr int kRuns = 3, kSteps = 2;
  constexpr int64_t kMany = 1024;  // tokens: one diffusion takes minutes
  const DiffusionSteps diffusion(setup_.parameters, trunk_, ops_);
  for (const int64_t n : setup_.tokens) {
    const featurise::Batch batch = random_batch(n, setup_.pool);
    const model::MemoryPlan planned = plan(n, model::atom_layout(batch).atoms);
    const model::Work work = model::work_of(sizes_, work_size(batch, samples(), planned.keep_pair_logits));
    Figure preparation{"step",
                       "diffusion's preparation",
                       n,
                       diffusion_,
                       work.diffusion_preparation.operations,
                       threads(),
                       {},
                       {}};
    Figure step{"step",
                fmt::format("diffusion step, {} samples", samples()),
                n,
                diffusion_,
                work.diffusion_step.operations,
                threads(),
                {},
                {}};
    reset_peak_memory();
    preparation.peaks.add(peak_now(setup_.pool, diffusion_));
    for (int run = 0; run < (n > kMany ? 1 : kRuns); ++run) {
      const auto times = diffusion.time(batch, samples(), kSteps, planned.keep_pair_logits);
      preparation.timing.add(times.preparation);
      step.timing.add({times.step.seconds, times.step.cpu});
      preparation.peaks.add(peak_now(setup_.pool, diffusion_));
    }
    step.peaks = preparation.peaks;
    note_(preparation);
    note_(step);
    note_(MemoryFigure{"diffusion", n, planned.diffusion, peak_memory()});
  }
}

// The peak memory of each stage of a prediction. The diffusion frees its memory after its last report, so the
// first sample's confidence does not count.
void Bench::memory() {
  weights::Parameters parameters = setup_.parameters;
  parameters.cut_to_one_block();
  const model::Model model(std::move(parameters), trunk_, ops_);
  model::ModelOptions options = setup_.options;
  options.num_recycles = 0;
  options.num_diffusion_steps = 1;
  options.keep_distogram = options.keep_pair_embeddings = false;
  for (const int64_t n : setup_.tokens) {
    const featurise::Batch batch = random_batch(n, setup_.pool);
    const model::MemoryPlan planned = plan(n, model::atom_layout(batch).atoms);
    const auto note = [&](std::string_view stage, int done, int total) {
      const bool first_confidence = stage == "confidence" && done == 1;
      if (first_confidence) reset_peak_memory();
      if (done < total || first_confidence) return;
      const int64_t bytes = stage == "trunk"       ? planned.trunk
                            : stage == "diffusion" ? planned.diffusion
                                                   : planned.confidence;
      note_(MemoryFigure{std::string(stage), n, bytes, peak_memory()});
      reset_peak_memory();
    };
    reset_peak_memory();
    model.predict(batch, 1, options, note);
  }
}

// One run; its clock stops while the peaks are measured between stages.
void Bench::whole_runs() {
  const model::Model model(setup_.parameters, trunk_, ops_);
  const model::ModelOptions& options = setup_.options;
  for (const int64_t n : setup_.tokens) {
    const featurise::Batch batch = random_batch(n, setup_.pool);
    const model::WorkSize size = work_size(batch, samples());
    const model::Work work = model::work_of(sizes_, size);
    const int passes = options.num_recycles + 1, steps = options.num_diffusion_steps;
    std::vector<Figure> stages = {{"run",
                                   fmt::format("trunk, {} passes", passes),
                                   n,
                                   trunk_,
                                   (work.target_feat + passes * work.trunk_pass).operations,
                                   threads(),
                                   {},
                                   {}},
                                  {"run",
                                   fmt::format("diffusion, {} steps", steps),
                                   n,
                                   diffusion_,
                                   (work.diffusion_preparation + steps * work.diffusion_step).operations,
                                   threads(),
                                   {},
                                   {}},
                                  {"run",
                                   fmt::format("confidence, {} samples", samples()),
                                   n,
                                   trunk_,
                                   (samples() * work.confidence_sample).operations,
                                   threads(),
                                   {},
                                   {}}};
    Figure whole{"run",
                 "whole network",
                 n,
                 trunk_,
                 model::total_work(sizes_, size, options.num_recycles, steps).operations,
                 threads(),
                 {},
                 {}};
    Elapsed sum;
    size_t stage = 0;
    stages[0].peaks.add(peak_now(setup_.pool, trunk_));
    Clock clock;
    const auto note = [&](std::string_view, int done, int total) {
      if (done < total || stage == stages.size()) return;
      Figure& ended = stages[stage++];
      ended.timing.add(clock.elapsed());
      sum = {sum.wall + ended.timing.seconds, sum.cpu + ended.timing.cpu};
      ended.peaks.add(peak_now(setup_.pool, ended.arithmetic));
      if (stage < stages.size()) stages[stage].peaks.add(peak_now(setup_.pool, stages[stage].arithmetic));
      clock = Clock();
    };
    model.predict(batch, 1, options, note);
    const Elapsed rest = clock.elapsed();
    whole.timing.add({sum.wall + rest.wall, sum.cpu + rest.cpu});
    whole.peaks = stages[0].peaks;
    whole.peaks.add(stages[2].peaks.least);
    whole.peaks.add(stages[2].peaks.most);
    for (const Figure& figure : stages) note_(figure);
    note_(whole);
  }
}

// In the whole trunk the blocks are a larger part than in this pass. Takes the best of several runs: an
// interruption of one task makes all other threads of its region wait.
void Bench::scaling() {
  constexpr int kRuns = 3;
  weights::Parameters parameters = setup_.parameters;
  parameters.cut_to_one_block();
  for (const int64_t n : setup_.tokens) {
    const featurise::Batch batch = random_batch(n, setup_.pool);
    for (const int threads : {2, 8, 32, 64}) {
      RehearsalPool pool(threads);
      ops::CpuBackend rehearsed(pool);
      TrunkPass pass(parameters, trunk_, rehearsed, batch);
      pass.run();  // first touch of the memory
      std::optional<RehearsalPool::Times> best;
      for (int run = 0; run < kRuns; ++run) {
        pool.start();
        pass.run();
        const auto times = pool.times();
        if (!best || times.efficiency(threads) > best->efficiency(threads)) best = times;
      }
      note_(ScalingFigure{"trunk pass", n, threads, *best});
    }
  }
}

void Bench::searches() {
  measure_searches(setup_.pool.size(), [&](const SearchFigure& figure) { note_(figure); });
}

struct Part {
  const char* name;
  void (Bench::*measure)();
};
constexpr Part kParts[] = {{"kernels", &Bench::kernels}, {"block", &Bench::blocks},
                           {"step", &Bench::steps},      {"run", &Bench::whole_runs},
                           {"memory", &Bench::memory},   {"scaling", &Bench::scaling},
                           {"search", &Bench::searches}};

}  // namespace

std::vector<std::string> known_parts() {
  std::vector<std::string> names;
  for (const Part& part : kParts) names.push_back(part.name);
  return names;
}

int64_t memory_needed(const std::vector<std::string>& parts, int64_t tokens, int samples,
                      ops::Arithmetic trunk, ThreadPool& pool) {
  constexpr int64_t kAtomsOfResidue = 9;
  const bool whole = std::any_of(parts.begin(), parts.end(), [](const std::string& part) {
    return part == "run" || part == "memory" || part == "scaling";
  });
  const ops::CpuBackend backend(pool);
  const auto parameters = weights::Parameters::of_sizes(weights::official_sizes());
  const model::MemoryPlan plan =
      model::plan_memory(backend, weights::official_sizes(), {tokens, kAtomsOfResidue * tokens, 1, samples},
                         trunk, model::held_while_packing(backend, parameters, trunk), usable_memory());
  return whole ? plan.peak() : std::max(plan.trunk_block, plan.diffusion);
}

void measure_peaks(ThreadPool& pool, const Note& note) {
  constexpr double kUndisturbed = 0.9;
  ThreadPool alone(1);
  double float32 = 0, bfloat16 = 0;
  const std::clock_t before = std::clock();
  const double wall = seconds_of([&] {
    float32 = kernels::float32_peak(pool);
    bfloat16 = kernels::bfloat16_peak(pool);
  });
  const double used = static_cast<double>(std::clock() - before) / CLOCKS_PER_SEC;
  if (used < kUndisturbed * wall * pool.size())
    log_warning("Other programs are running: {} threads got only {:.1f} cores. The figures will be low.",
                pool.size(), used / wall);
  note(PeakFigure{"float32", kernels::float32_peak(alone), float32});
  if (bfloat16 > 0) note(PeakFigure{"bfloat16", kernels::bfloat16_peak(alone), bfloat16});
}

void measure(const std::string& part, const Setup& setup, const Note& note) {
  const auto* found = std::find_if(std::begin(kParts), std::end(kParts),
                                   [&](const Part& known) { return known.name == part; });
  PLEAT_ASSERT(found != std::end(kParts));
  Bench bench(setup, note);
  (bench.*found->measure)();
}

}  // namespace pleat::bench
