// pleat infer: runs only the network, from features to raw results.
#include "base/cpu.h"
#include "base/log.h"
#include "base/thread_pool.h"
#include "cli/commands.h"
#include "cli/flags.h"
#include "cli/progress.h"
#include "cli/stage_clock.h"
#include "model/model.h"

namespace pleat::cli {

int infer(const Arguments& arguments) {
  std::string features;
  std::string output;
  uint32_t seed = 0;
  ModelFlags model_flags;
  CommandLine line("infer", "Runs the network on one features file and writes its results as arrays.");
  line.value("features", features, "Features file of pleat featurise")->required()->type_name("FILE");
  line.value("output", output, "File for the results (.npz)")->required()->type_name("FILE");
  line.value("seed", seed, "Seed of the random stream")->required();
  model_flags.declare(line, 0);
  line.example("pleat infer --features features/job_seed-1_features.npz --seed 1 --output job.npz",
               "Run the network with the weights in ~/models.");
  if (!line.parse(arguments)) return kSuccess;

  StageClock clock;
  const featurise::Batch batch = clock.time("features", [&] { return featurise::read_features(features); });
  ThreadPool pool(model_flags.threads > 0 ? model_flags.threads : usable_cores());
  const std::unique_ptr<ops::Backend> ops = model_flags.open(pool);
  const model::Model model = [&] {
    auto parameters = clock.time("parameters", [&] { return model_flags.load_parameters(pool, *ops); });
    return clock.time("packing",
                      [&] { return model::Model(std::move(parameters), model_flags.precision, *ops); });
  }();
  ProgressLine line_shown(ProgressLine::Row::work);
  const auto progress = [&, rate = StageRate()](std::string_view stage, int done, int total) mutable {
    line_shown.show(rate.text(stage, done, total));
  };
  const model::Prediction prediction =
      clock.time("network", [&] { return model.predict(batch, seed, model_flags.options, progress); });
  clock.time("outputs", [&] { write_npz(output, to_arrays(prediction), false); });
  log_info("Results in {}: {}", output, clock.report());
  return kSuccess;
}

}  // namespace pleat::cli
