// Outputs of the reference's modules (golden/ubq20_bare/stages.npz), and the parameters and batch that they
// were made with.
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

// Read once for the whole test program; `get` only where the golden data is.
class Stages {
 public:
  static const Stages& get() {
    static const Stages stages(*pleat::test::shared_dir() / "golden" / "ubq20_bare");
    return stages;
  }

  const featurise::Batch batch;
  ThreadPool pool{2};
  const weights::Parameters parameters = weights::Parameters::synthesise(1, pool);

  // A module's output as it is.
  Tensor<float> whole(const std::string& module) const { return arrays_.at(module).as<float>(); }

  // A module's output [rows, C], cut to the batch's tokens along each of its first `token_axes` axes.
  Tensor<float> output(const std::string& module, int token_axes) const {
    const Tensor<float> padded = arrays_.at(module).as<float>();
    const int64_t n = batch.tokens, p = batch.bucket, row = padded.size() / (token_axes == 2 ? p * p : p);
    if (token_axes == 1) return Tensor<float>({n, row}, padded.values().first(static_cast<size_t>(n * row)));
    Tensor<float> cut({n * n, row});
    for (int64_t i = 0; i < n; ++i)
      std::copy_n(padded.data() + i * p * row, n * row, cut.data() + i * n * row);
    return cut;
  }

  // An activation whose layer norm is the module's output: the norm undone. What a layer makes of it is what
  // the reference's layer made of its own input, because layers see their input through this norm alone.
  // The norm is `norm` of the reader's scope.
  Tensor<float> before_norm(const std::string& module, const ParameterReader& reader, const std::string& norm,
                            int token_axes) const {
    return undo_norm(output(module, token_axes), reader, norm);
  }

  // The first `rows` rows [rows * N, C] of an output [.., P, C] over MSA rows and tokens.
  Tensor<float> msa_output(const std::string& module, int64_t rows) const {
    const Tensor<float> padded = arrays_.at(module).as<float>();
    const int64_t n = batch.tokens, p = batch.bucket, c = padded.size() / (padded.dim(0) * p);
    Tensor<float> cut({rows * n, c});
    for (int64_t s = 0; s < rows; ++s) std::copy_n(padded.data() + s * p * c, n * c, cut.data() + s * n * c);
    return cut;
  }

  // The same for an output over MSA rows and tokens.
  Tensor<float> msa_before_norm(const std::string& module, const ParameterReader& reader,
                                const std::string& norm, int64_t rows) const {
    return undo_norm(msa_output(module, rows), reader, norm);
  }

 private:
  static Tensor<float> undo_norm(Tensor<float> x, const ParameterReader& reader, const std::string& norm) {
    const Tensor<float> scale = reader.values(norm + ":scale");
    const bool shifted = reader.has(norm + ":offset");
    const Tensor<float> offset = shifted ? reader.values(norm + ":offset") : Tensor<float>({scale.size()});
    for (int64_t k = 0; k < x.size(); ++k) x[k] = (x[k] - offset[k % x.dim(1)]) / scale[k % x.dim(1)];
    return x;
  }

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
