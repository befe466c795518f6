// Outputs of the reference's modules, cut to the real tokens (tests/golden/jobs/ubq20_bare/stages.npz), and the
// parameters and batch that they were made with.
#pragma once

#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <memory>
#include <string>

#include "featurise/batch.h"
#include "model/parameter_reader.h"
#include "ops/cpu_backend.h"
#include "tensor/npz.h"
#include "tests/support.h"

namespace pleat::model::test {

// Read once for the whole test program.
class Stages {
 public:
  static const Stages& get() {
    static const Stages stages(pleat::test::kGolden / "jobs" / "ubq20_bare");
    return stages;
  }

  const featurise::Batch batch;
  ThreadPool pool{2};
  const weights::Parameters parameters = weights::Parameters::synthesise(1, pool);

  // A module's output [rows, C]; the rows are tokens, pairs of tokens, or tokens of one MSA row after another.
  Tensor<float> output(const std::string& module) const {
    Tensor<float> x = arrays_.at(module).as<float>();
    const int64_t channels = x.dim(x.rank() - 1);
    x.reshape({x.size() / channels, channels});
    return x;
  }

  // An activation whose layer norm is the module's output: the norm undone. What a layer makes of it is what
  // the reference's layer made of its own input, because layers see their input through this norm alone.
  // The norm is `norm` of the reader's scope.
  Tensor<float> before_norm(const std::string& module, const ParameterReader& reader,
                            const std::string& norm) const {
    Tensor<float> x = output(module);
    const Tensor<float> scale = reader.values(norm + ":scale");
    const bool shifted = reader.has(norm + ":offset");
    const Tensor<float> offset = shifted ? reader.values(norm + ":offset") : Tensor<float>({scale.size()});
    for (int64_t k = 0; k < x.size(); ++k) x[k] = (x[k] - offset[k % x.dim(1)]) / scale[k % x.dim(1)];
    return x;
  }

 private:
  explicit Stages(const std::filesystem::path& folder)
      : batch(featurise::read_features(folder / "features.npz")), arrays_(read_npz(folder / "stages.npz")) {}

  std::map<std::string, NpyArray> arrays_;
};

// |a - b| <= tolerance * (largest |b|) everywhere.
inline void expect_close(const Tensor<float>& a, const Tensor<float>& b, const std::string& what,
                         float tolerance = 2e-5f) {
  ASSERT_EQ(a.size(), b.size()) << what;
  float largest = 0, error = 0;
  for (int64_t k = 0; k < a.size(); ++k) {
    largest = std::max(largest, std::abs(b[k]));
    error = std::max(error, std::isfinite(a[k]) ? std::abs(a[k] - b[k]) : INFINITY);
  }
  EXPECT_GT(largest, 0) << what;
  EXPECT_LE(error, tolerance * largest) << what;
}

inline Tensor<float> difference(const Tensor<float>& a, const Tensor<float>& b) {
  Tensor<float> d = a;
  for (int64_t k = 0; k < d.size(); ++k) d[k] -= b[k];
  return d;
}

// The reference's stages run on the CPU's backend, on two threads.
struct Machine {
  ThreadPool pool{2};
  ops::CpuBackend ops{pool};

  Tensor<float> values(const ops::Array& a) {
    Tensor<float> out({a.rows(), a.cols()});
    ops.download(a, out);
    return out;
  }
};

}  // namespace pleat::model::test
