#include "bench/device_measurements.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>

#include "base/error.h"
#include "base/memory.h"
#include "bench/workloads.h"
#include "model/counting_backend.h"
#include "model/memory_plan.h"

namespace pleat::bench {
namespace {

using ops::Arithmetic;
using ops::Array;
using ops::Backend;

// --- Operations of the network on its shapes

// An operation on N tokens: makes its operands on a backend, and returns what to run.
struct Operation {
  std::string name;
  Arithmetic arithmetic;
  std::function<std::function<void()>(Backend&)> prepare;
};

// Makes operands for the arithmetic of a part of the network.
struct Operands {
  Backend& ops;
  Arithmetic arithmetic;

  ops::Linear linear(int64_t in, int64_t out) const { return ops.pack(random_tensor({in, out}), arithmetic); }
  ops::GatedLinear gated(int64_t in, int64_t out) const { return {linear(in, out), linear(in, out)}; }
  Array row(int64_t cols) const { return ops.upload(random_tensor({1, cols})); }
  ops::LayerNorm norm(int64_t cols) const { return {row(cols), row(cols), ops::Variance::fast}; }
};

// Operands that the returned work keeps.
template <class T, class Run>
std::function<void()> work_on(T operands, Run run) {
  const auto kept = std::make_shared<T>(std::move(operands));
  return [kept, run] { run(*kept); };
}

std::vector<Operation> pair_operations(const weights::NetworkSizes& sizes, Arithmetic network, int64_t n) {
  const int64_t c = sizes.pair_channels;
  const weights::LayerSizes layer = sizes.trunk.pair;
  const Arithmetic trunk = model::trunk_arithmetic(network);
  const auto pair = [=, &sizes](Backend& ops) { return random_pair(ops, sizes, n, network); };
  return {
      {"transition", trunk,
       [=](Backend& ops) {
         const Operands o{ops, trunk};
         return work_on(
             std::pair{ops::Transition{o.norm(c), o.gated(c, layer.hidden), o.linear(layer.hidden, c)},
                       pair(ops)},
             [&ops](auto& x) { ops.transition(x.first, x.second); });
       }},
      {"triangle product", trunk,
       [=](Backend& ops) {
         const Operands o{ops, trunk};
         return work_on(
             std::pair{ops::TriangleMultiplication{o.norm(c), o.norm(c), o.gated(c, c), o.gated(c, c),
                                                   o.linear(c, c), o.linear(c, c)},
                       pair(ops)},
             [&ops](auto& x) { ops.triangle_multiplication(x.first, ops::Triangle::outgoing, x.second); });
       }},
      {"grid attention", trunk, [=](Backend& ops) {
         const Operands o{ops, trunk};
         const int64_t width = layer.width();
         return work_on(
             std::pair{ops::GridSelfAttention{o.norm(c), o.linear(c, layer.heads), o.linear(c, 3 * width),
                                              o.linear(c, width), o.linear(width, c), layer.heads},
                       pair(ops)},
             [&ops](auto& x) { ops.grid_self_attention(x.first, ops::Axis::rows, x.second); });
       }}};
}

std::vector<Operation> token_operations(const weights::NetworkSizes& sizes, Arithmetic network, int64_t n,
                                        int64_t samples) {
  const Arithmetic diffusion = model::diffusion_arithmetic(network);
  const weights::TokenTransformerSizes t = sizes.diffusion.transformer;
  const int64_t c = sizes.diffusion.token_channels, rows = samples * n;
  const auto array = [](Backend& ops, int64_t count, int64_t cols) {
    return ops.upload(random_tensor({count, cols}));
  };
  return {{"token projection", diffusion,
           [=](Backend& ops) {
             const Operands o{ops, diffusion};
             return work_on(std::tuple{o.linear(c, 4 * t.width()), array(ops, rows, c), array(ops, n, 2 * c)},
                            [&ops](auto& x) {
                              ops.adaptive_norm_linear(std::get<1>(x), std::get<2>(x), std::get<0>(x), {});
                            });
           }},
          {"token attention", diffusion,
           [=](Backend& ops) {
             const Operands o{ops, diffusion};
             return work_on(
                 std::tuple{ops::Attention{o.linear(c, 4 * t.width()), o.row(t.width()), t.heads},
                            array(ops, rows, 4 * t.width()), array(ops, t.heads, n * n)},
                 [&ops](auto& x) { ops.attention(std::get<0>(x), std::get<1>(x), std::get<2>(x)); });
           }},
          {"token transition", diffusion, [=](Backend& ops) {
             const Operands o{ops, diffusion};
             return work_on(
                 std::tuple{ops::ConditionedTransition{o.gated(c, t.hidden), o.linear(t.hidden, c)},
                            array(ops, n, 2 * c), array(ops, n, c), array(ops, rows, c)},
                 [&ops](auto& x) {
                   ops.conditioned_transition(std::get<0>(x), std::get<1>(x), std::get<2>(x), std::get<3>(x));
                 });
           }}};
}

// --- Measurements

class DeviceBench {
 public:
  DeviceBench(const DeviceSetup& setup, cuda::CudaBackend& ops,
              const std::function<void(const AnyFigure&)>& note)
      : setup_(setup),
        ops_(ops),
        note_(note),
        sizes_(network_sizes(setup.parameters)),
        trunk_(model::trunk_arithmetic(setup.network)),
        diffusion_(model::diffusion_arithmetic(setup.network)),
        device_(ops.device().description()),
        rates_(cuda::measure_rates(ops.device(), setup.effort)) {}

  void peaks() const;
  void kernels();
  void blocks();
  void steps();
  void confidences();
  void runs();

 private:
  // A stage's share of its bound at the largest token count measured.
  using Share = std::optional<double>;

  featurise::Batch batch(int64_t tokens) const {
    return featurise::JobFeatures(random_protein(tokens), *chem::Ccd::embedded(), {}, setup_.pool)
        .for_seed(1);
  }
  int samples() const { return setup_.options.num_diffusion_samples; }
  model::MachineRates rates_in(Arithmetic arithmetic) const {
    return {rates_.operations(arithmetic), rates_.bytes, rates_.exponentials};
  }
  model::MemoryPlan plan(int64_t tokens, int64_t atoms) const {
    return model::plan_memory(ops_, sizes_, {tokens, atoms, 1, samples()}, setup_.network, ops_.held_bytes(),
                              setup_.options.max_memory);
  }
  void require(const char* part, int64_t tokens, int64_t bytes) const;
  void note(const std::string& part, const std::string& what, int64_t tokens, Arithmetic arithmetic,
            const model::Cost& cost, const Timing& timing, Share* share = nullptr);
  void note_memory(const std::string& what, int64_t tokens, int64_t planned);
  model::WorkSize size_of(int64_t tokens, int64_t atoms, bool keep_pair_logits) const {
    return {tokens, atoms, 1, 1, samples(), keep_pair_logits, setup_.network};
  }

  const DeviceSetup& setup_;
  cuda::CudaBackend& ops_;
  const std::function<void(const AnyFigure&)>& note_;
  weights::NetworkSizes sizes_;
  Arithmetic trunk_, diffusion_;
  std::string device_;
  cuda::Rates rates_;
  Share block_, preparation_, step_, confidence_;
  double atoms_of_token_ = 0;
};

void DeviceBench::peaks() const {
  DevicePeaks out{device_, {}, rates_.bytes, rates_.exponentials};
  for (const auto arithmetic : {Arithmetic::bfloat16, Arithmetic::tf32, Arithmetic::float32})
    out.operations.emplace_back(name_of(arithmetic), rates_.operations(arithmetic));
  note_(out);
}

void DeviceBench::require(const char* part, int64_t tokens, int64_t bytes) const {
  if (bytes > setup_.options.max_memory)
    throw Error("--tokens",
                fmt::format("{} at {} tokens needs {} of the GPU's memory, but pleat may use only {}", part,
                            tokens, size_text(bytes), size_text(setup_.options.max_memory)),
                "Choose fewer tokens.");
}

void DeviceBench::note(const std::string& part, const std::string& what, int64_t tokens,
                       Arithmetic arithmetic, const model::Cost& cost, const Timing& timing, Share* share) {
  const DeviceFigure figure{device_,        part,       what, tokens, arithmetic, cost, rates_in(arithmetic),
                            timing.seconds, timing.runs};
  if (share) *share = figure.share_of_bound();
  note_(figure);
}

// What the device held at the most, which it keeps until release_unused.
void DeviceBench::note_memory(const std::string& what, int64_t tokens, int64_t planned) {
  note_(MemoryFigure{what, tokens, planned, ops_.held_bytes(), device_});
  ops_.release_unused();
}

void DeviceBench::kernels() {
  for (const int64_t n : setup_.tokens) {
    std::vector<Operation> all = pair_operations(sizes_, setup_.network, n);
    for (Operation& operation : token_operations(sizes_, setup_.network, n, samples()))
      all.push_back(std::move(operation));
    for (const Operation& operation : all) {
      model::CountingBackend counting;
      const auto counted = operation.prepare(counting);
      counting.take();
      counted();
      const auto run = operation.prepare(ops_);
      note("kernels", operation.name, n, operation.arithmetic, counting.take(),
           least_time(setup_.enough, [&] {
             run();
             ops_.finish();
           }));
    }
    ops_.release_unused();
  }
}

void DeviceBench::blocks() {
  const TrunkBlock block(setup_.parameters, setup_.network, ops_);
  for (const int64_t n : setup_.tokens) {
    const int64_t planned = plan(n, 0).trunk_block;
    require("a trunk block", n, planned);
    note("block", "trunk block", n, trunk_, model::pairformer_work(sizes_, n, setup_.network),
         block.time(n, setup_.enough), &block_);
    note_memory("trunk block", n, planned);
  }
}

void DeviceBench::steps() {
  constexpr int kSteps = 5;  // the second is recorded, the others are replayed
  const DiffusionSteps diffusion(setup_.parameters, setup_.network, ops_);
  for (const int64_t n : setup_.tokens) {
    const featurise::Batch features = batch(n);
    const int64_t atoms = model::atom_layout(features).atoms;
    const model::MemoryPlan planned = plan(n, atoms);
    require("a diffusion step", n, planned.diffusion);
    const model::Work work = model::work_of(sizes_, size_of(n, atoms, planned.keep_pair_logits));
    const auto times = diffusion.time(features, samples(), kSteps, planned.keep_pair_logits);
    Timing preparation;
    preparation.add(times.preparation);
    note("step", "diffusion's preparation", n, diffusion_, work.diffusion_preparation, preparation,
         &preparation_);
    note("step", fmt::format("diffusion step, {} samples", samples()), n, diffusion_, work.diffusion_step,
         times.step, &step_);
    note_memory("diffusion", n, planned.diffusion);
    atoms_of_token_ = static_cast<double>(atoms) / static_cast<double>(n);
  }
}

void DeviceBench::confidences() {
  const ConfidenceSample confidence(setup_.parameters, setup_.network, ops_);
  for (const int64_t n : setup_.tokens) {
    const featurise::Batch features = batch(n);
    const int64_t planned = plan(n, 0).confidence;
    require("the confidence of a sample", n, planned);
    note("confidence", "confidence of a sample", n, trunk_,
         model::work_of(sizes_, size_of(n, 0, true)).confidence_sample,
         confidence.time(features, setup_.enough), &confidence_);
    note_memory("confidence", n, planned);
  }
}

// Measures first the stages that were not asked for.
void DeviceBench::runs() {
  if (!block_) blocks();
  if (!step_) steps();
  if (!confidence_) confidences();
  const int recycles = setup_.options.num_recycles, steps_of_run = setup_.options.num_diffusion_steps;
  for (const int64_t n : {1024, 2048, 3072, 4096, 5120}) {
    const auto atoms = static_cast<int64_t>(atoms_of_token_ * static_cast<double>(n));
    const bool keep = plan(n, atoms).keep_pair_logits;
    const model::Work work = model::work_of(sizes_, size_of(n, atoms, keep));
    const model::MachineRates trunk = rates_in(trunk_), diffusion = rates_in(diffusion_);
    const double passes = recycles + 1;
    const double seconds = (model::least_seconds(work.target_feat, trunk) +
                            passes * model::least_seconds(work.trunk_pass, trunk)) /
                               *block_ +
                           model::least_seconds(work.diffusion_preparation, diffusion) / *preparation_ +
                           steps_of_run * model::least_seconds(work.diffusion_step, diffusion) / *step_ +
                           (samples() * model::least_seconds(work.confidence_sample, trunk) +
                            model::least_seconds(work.distogram, trunk)) /
                               *confidence_;
    const model::Cost cost = model::total_work(sizes_, size_of(n, atoms, keep), recycles, steps_of_run);
    note("run", "whole network, from the parts", n, trunk_, cost, Timing{seconds, 0, 0});
  }
}

struct Part {
  const char* name;
  void (DeviceBench::*measure)();
};
constexpr Part kParts[] = {{"kernels", &DeviceBench::kernels},
                           {"block", &DeviceBench::blocks},
                           {"step", &DeviceBench::steps},
                           {"confidence", &DeviceBench::confidences},
                           {"run", &DeviceBench::runs}};

}  // namespace

std::vector<std::string> known_device_parts() {
  std::vector<std::string> names;
  for (const Part& part : kParts) names.emplace_back(part.name);
  return names;
}

void measure_device(const std::vector<std::string>& parts, const DeviceSetup& setup, cuda::CudaBackend& ops,
                    const std::function<void(const AnyFigure&)>& note) {
  DeviceBench bench(setup, ops, note);
  bench.peaks();
  for (const Part& part : kParts)
    if (std::find(parts.begin(), parts.end(), part.name) != parts.end()) (bench.*part.measure)();
}

}  // namespace pleat::bench
