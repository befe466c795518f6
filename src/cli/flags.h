// Flags that several commands share, each declared once. Names and defaults are AlphaFold 3's if it has them.
#pragma once

#include <set>
#include <string>

#include "base/cpu.h"
#include "cli/command_line.h"
#include "cli/device_flags.h"
#include "featurise/featurise.h"
#include "model/model.h"

namespace pleat::cli {

// --ccd, and the dictionary that it names; if it is empty, that of PLEAT_CCD, else the embedded one.
void declare_ccd(CommandLine& line, std::string& ccd);
std::shared_ptr<const chem::Ccd> open_ccd(const std::string& ccd);

// Flags of featurisation.
struct FeatureFlags {
  featurise::FeaturiseOptions options;
  std::string ccd;  // see declare_ccd

  void declare(CommandLine& line);

 private:
  std::string buckets_ = "128,256,384,512,768,1024,1280,1536,2048,2560,3072,3584,4096,4608,5120";
};

// The network's parameters and how it runs.
struct ModelFlags {
  std::string model_dir = "~/models";
  model::ModelOptions options;
  ops::Arithmetic precision = ops::Arithmetic::float32;
  int threads = 0;  // 0: all usable cores
  DeviceFlags device;

  // `least_recycles`: 1 as in AlphaFold 3, 0 for the bare network.
  void declare(CommandLine& line, int least_recycles);
  // The flags that decide time and memory: all except the parameters.
  void declare_run(CommandLine& line, int least_recycles);
  // Opens the device. For a GPU this turns `precision` auto into bfloat16, and sets options.max_memory to the
  // GPU's.
  std::unique_ptr<ops::Backend> open(ThreadPool& pool);
  const std::string& device_name() const { return device_name_; }  // of open()
  // Throws Error also when the memory is too small to read and pack the parameters.
  weights::Parameters load_parameters(ThreadPool& pool, const ops::Backend& ops) const;

 private:
  std::string precision_ = "auto";
  std::string device_name_;
  int64_t max_host_memory_ = 0;
};

// The arithmetic that --precision names ("auto", "float32", "bfloat16", "tf32") for an instruction set.
ops::Arithmetic arithmetic_of(const std::string& precision, Isa isa);

// "128,256": positive integers in increasing order. Throws CLI::ValidationError.
std::vector<int> rising_integers(const std::string& text);

// --threads; 0 means all usable cores.
void declare_threads(CommandLine& line, int& threads);

// AlphaFold 3's flags for JAX. pleat accepts them with AlphaFold 3's values, so that its command lines work.
// They have no effect; the log says so once for each.
struct JaxFlags {
  void declare(CommandLine& line);

 private:
  std::string cache_dir_, backend_ = "gpu", attention_ = "triton";
  int device_ = 0;
  std::set<std::string> told_;
};

// Replaces the tilde of "~" and "~/..." by the home folder.
std::string expand_home(const std::string& path);

}  // namespace pleat::cli
