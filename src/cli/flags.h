// The flags that several commands share, each declared once. Names and defaults are AlphaFold 3's where it
// has them.
#pragma once

#include <set>
#include <string>

#include "base/cpu.h"
#include "cli/command_line.h"
#include "cli/device_flags.h"
#include "featurise/featurise.h"
#include "model/model.h"

namespace pleat::cli {

// --ccd, and the dictionary that it names: where it is empty, PLEAT_CCD's, else the embedded one.
void declare_ccd(CommandLine& line, std::string& ccd);
std::shared_ptr<const chem::Ccd> open_ccd(const std::string& ccd);

// How features are made of a job.
struct FeatureFlags {
  featurise::FeaturiseOptions options;
  std::string ccd;  // see declare_ccd

  void declare(CommandLine& line);

 private:
  std::string buckets_ = "128,256,384,512,768,1024,1280,1536,2048,2560,3072,3584,4096,4608,5120";
};

// Which parameters the network has and how it is run.
struct ModelFlags {
  std::string model_dir = "~/models";
  model::ModelOptions options;
  ops::Arithmetic precision = ops::Arithmetic::float32;
  int threads = 0;  // 0: all usable cores
  DeviceFlags device;

  // `least_recycles`: 1 as in AlphaFold 3, 0 where the bare network is run.
  void declare(CommandLine& line, int least_recycles);
  // All but the parameters: what decides time and memory.
  void declare_run(CommandLine& line, int least_recycles);
  // Opens the device. On a GPU, `precision` becomes bfloat16 where it was to be chosen, and options.max_memory
  // the device's.
  std::unique_ptr<ops::Backend> open(ThreadPool& pool);
  const std::string& device_name() const { return device_name_; }  // of open()
  // Throws Error also where the memory is not enough to read and pack the parameters.
  weights::Parameters load_parameters(ThreadPool& pool, const ops::Backend& ops) const;

 private:
  std::string precision_ = "auto";
  std::string device_name_;
  int64_t max_host_memory_ = 0;
};

// The arithmetic that --precision names ("auto", "float32", "bfloat16") for an instruction set.
ops::Arithmetic arithmetic_of(const std::string& precision, Isa isa);

// "128,256": positive integers in rising order. Throws CLI::ValidationError.
std::vector<int> rising_integers(const std::string& text);

// --threads; 0 stands for all usable cores.
void declare_threads(CommandLine& line, int& threads);

// Flags of AlphaFold 3 that choose between ways of running JAX. pleat takes them with AlphaFold 3's values,
// so that its command lines work here. Each has no effect and says so once.
struct JaxFlags {
  void declare(CommandLine& line);

 private:
  std::string cache_dir_, backend_ = "gpu", attention_ = "triton";
  int device_ = 0;
  std::set<std::string> told_;
};

// "~" and "~/..." with the home folder in place of the tilde.
std::string expand_home(const std::string& path);

}  // namespace pleat::cli
