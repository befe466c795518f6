// Measures the time of a job's stages.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "base/stopwatch.h"

namespace pleat::cli {

class StageClock {
 public:
  // Runs `work` and adds its wall time to `stage`.
  template <class Work>
  decltype(auto) time(const std::string& stage, Work&& work) {
    const Running running(*this, stage);
    return work();
  }

  // "features 1.20 s, network 35.10 s, outputs 0.31 s; peak memory of the program 3.21 GiB"
  std::string report() const;
  const std::vector<std::pair<std::string, double>>& stages() const { return stages_; }

 private:
  struct Running {
    Running(StageClock& owner, std::string name) : clock(owner), stage(std::move(name)) {}
    ~Running() { clock.add(stage, watch.seconds()); }

    StageClock& clock;
    std::string stage;
    Stopwatch watch;
  };

  void add(const std::string& stage, double seconds);

  std::vector<std::pair<std::string, double>> stages_;  // in the order of their first run
};

}  // namespace pleat::cli
