#include "ops/cpu_backend.h"

#include <algorithm>
#include <cstring>

#include "base/memory.h"
#include "ops/cpu_triangle.h"

namespace pleat::ops {

// --- Memory and transfers

Array CpuBackend::make(int64_t rows, int64_t cols, Type type, Location) {
  return {rows, cols, type, std::make_unique<CpuElements>(rows * cols * bytes_of(type))};
}

Array CpuBackend::temporary(int64_t rows, int64_t cols, Type type) {
  return {rows, cols, type, std::make_unique<CpuElements>(stack_, rows * cols * bytes_of(type))};
}

Array CpuBackend::upload(const Tensor<float>& values) {
  const int64_t cols = values.dim(-1);
  Array out = make(cols == 0 ? 0 : values.size() / cols, cols, Type::float32);
  if (!values.empty()) std::memcpy(elements<float>(out), values.data(), values.values().size_bytes());
  return out;
}

Array CpuBackend::upload(const Tensor<int32_t>& values) {
  const int64_t cols = values.dim(-1);
  Array out = make(cols == 0 ? 0 : values.size() / cols, cols, Type::int32);
  if (!values.empty()) std::memcpy(elements<int32_t>(out), values.data(), values.values().size_bytes());
  return out;
}

void CpuBackend::update(const Tensor<float>& values, Array& x) {
  PLEAT_ASSERT(values.size() == x.size());
  std::copy_n(values.data(), values.size(), elements<float>(x));
}

void CpuBackend::download(const Array& x, Tensor<float>& out, int64_t first) {
  PLEAT_ASSERT(first + x.size() <= out.size());
  const Mat to(out.data() + first, x.rows(), x.cols());
  workers_.for_blocks(x.rows(), [&](int64_t row, int64_t count, Scratch) {
    kernels::copy(stored(x).rows_at(row, count), to.rows_at(row, count));
  });
}

Linear CpuBackend::pack(const Tensor<float>& weights, Arithmetic arithmetic) {
  PLEAT_ASSERT(weights.rank() == 2);
  return {weights.dim(0), weights.dim(1), arithmetic,
          std::make_unique<CpuPacked>(PackedMatrix(kernels::matrix(weights), arithmetic))};
}

void CpuBackend::release_unused() {
  stack_.trim();
  workers_.trim();
}

int64_t CpuBackend::held_bytes() const { return resident_memory(); }

int64_t CpuBackend::packed_bytes(int64_t rows, int64_t cols, Arithmetic arithmetic) const {
  return kernels::packed_size(rows, cols, kernels::packing_of(rows, cols, arithmetic)) *
         static_cast<int64_t>(sizeof(uint32_t));
}

int64_t CpuBackend::triangle_bytes(int64_t tokens, int64_t channels, Arithmetic arithmetic) const {
  return triangle_floats(tokens, channels, arithmetic) * bytes_of(Type::float32);
}

int64_t CpuBackend::scratch_bytes(int64_t floats) const {
  return workers_.threads() * floats * bytes_of(Type::float32);
}

// The grid attention of one row is the widest task.
int64_t CpuBackend::pair_scratch_bytes(int64_t tokens, int64_t channels, int64_t width) const {
  constexpr int64_t kLogits = 48;  // queries with logits at a time
  return scratch_bytes(tokens * (channels + 7 * width + kLogits));
}

// The outer product mean of one row, and the attention of some rows of the MSA.
int64_t CpuBackend::msa_scratch_bytes(int64_t tokens, int64_t pair_channels, const MsaSizes& msa) const {
  const int64_t product = 2 * msa.outer_channels * msa.outer_channels + pair_channels;
  const int64_t rows = std::min(msa.depth, kMsaRows);
  const int64_t attention = rows * (msa.channels + 3 * msa.width + 3 * msa.head_width);
  return scratch_bytes(tokens * std::max(product, attention));
}

int64_t CpuBackend::window_scratch_bytes(int64_t pair_channels, int64_t logits) const {
  return scratch_bytes(kWindowQueries * kWindowKeys * (5 * pair_channels + logits));
}

int64_t CpuBackend::head_scratch_bytes(int64_t tokens, int64_t channels, int64_t bins) const {
  return scratch_bytes(tokens * (channels + 2 * bins));
}

// --- Rows

void CpuBackend::copy(const Array& x, Array& out) {
  PLEAT_ASSERT(x.rows() == out.rows() && x.cols() == out.cols());
  workers_.for_blocks(x.rows(), [&](int64_t first, int64_t count, Scratch) {
    kernels::copy(stored(x).rows_at(first, count), stored(out).rows_at(first, count));
  });
}

void CpuBackend::add(const Array& x, Array& act) {
  PLEAT_ASSERT(x.rows() == act.rows() && x.cols() == act.cols());
  workers_.for_blocks(x.rows(), [&](int64_t first, int64_t count, Scratch scratch) {
    const Mat rows = scratch.take(count, x.cols());
    kernels::copy(stored(x).rows_at(first, count), rows);
    kernels::add(rows, stored(act).rows_at(first, count));
  });
}

void CpuBackend::add_to_each(const Array& x, Array& act) {
  PLEAT_ASSERT(act.rows() % x.rows() == 0 && x.cols() == act.cols());
  workers_.for_each(act.rows() / x.rows(), [&](int64_t group, Scratch) {
    kernels::add(matrix(x), matrix(act).rows_at(group * x.rows(), x.rows()));
  });
}

Array CpuBackend::repeat(const Array& x, int64_t groups) {
  Array out = temporary(groups * x.rows(), x.cols());
  workers_.for_each(groups, [&](int64_t group, Scratch) {
    kernels::copy(matrix(x), matrix(out).rows_at(group * x.rows(), x.rows()));
  });
  return out;
}

Array CpuBackend::concatenate(const Array& a, const Array& b) {
  PLEAT_ASSERT(a.rows() == b.rows());
  Array out = temporary(a.rows(), a.cols() + b.cols());
  kernels::copy(matrix(a), matrix(out).cols_at(0, a.cols()));
  kernels::copy(matrix(b), matrix(out).cols_at(a.cols(), b.cols()));
  return out;
}

Array CpuBackend::scale(float factor, const Array& x) {
  Array out = temporary(x.rows(), x.cols());
  kernels::copy(matrix(x), matrix(out));
  kernels::multiply(factor, matrix(out));
  return out;
}

Array CpuBackend::norm(const Array& x, const LayerNorm& norm) {
  Array out = temporary(x.rows(), x.cols());
  workers_.for_blocks(x.rows(), [&](int64_t first, int64_t count, Scratch) {
    apply(norm, stored(x).rows_at(first, count), matrix(out).rows_at(first, count));
  });
  return out;
}

void CpuBackend::norm_in_place(const LayerNorm& norm, Array& act) {
  workers_.for_blocks(act.rows(), [&](int64_t first, int64_t count, Scratch scratch) {
    const StoredMat rows = stored(act).rows_at(first, count);
    const Mat x = scratch.take(count, act.cols());
    apply(norm, rows, x);
    kernels::copy(x, rows);
  });
}

Array CpuBackend::linear(const Array& x, const Linear& w) {
  Array out = temporary(x.rows(), w.cols());
  workers_.for_blocks(x.rows(), [&](int64_t first, int64_t count, Scratch) {
    kernels::gemm(matrix(x).rows_at(first, count), packed(w), matrix(out).rows_at(first, count));
  });
  return out;
}

void CpuBackend::add_linear(const Array& x, const Linear& w, Array& act) {
  workers_.for_blocks(x.rows(), [&](int64_t first, int64_t count, Scratch) {
    kernels::gemm(matrix(x).rows_at(first, count), packed(w), matrix(act).rows_at(first, count), true);
  });
}

Array CpuBackend::norm_linear(const Array& x, const LayerNorm& norm, const Linear& w) {
  Array out = temporary(x.rows(), w.cols());
  workers_.for_blocks(x.rows(), [&](int64_t first, int64_t count, Scratch scratch) {
    const Mat n = scratch.take(count, x.cols());
    apply(norm, stored(x).rows_at(first, count), n);
    kernels::gemm(n, packed(w), matrix(out).rows_at(first, count));
  });
  return out;
}

void CpuBackend::transition(const Transition& weights, Array& act) {
  const LayerNorm& norm = weights.input_layer_norm;
  const GatedLinear& gated = weights.transition1;
  const Linear& output = weights.transition2;
  workers_.for_blocks(act.rows(), [&](int64_t first, int64_t count, Scratch scratch) {
    const StoredMat rows = stored(act).rows_at(first, count);
    const Mat x = scratch.take(count, act.cols()), h = scratch.take(count, output.rows());
    apply(norm, rows, x);
    kernels::gated_gemm(kernels::Activation::swish, x, packed(gated.gate), x, packed(gated.value), h);
    add_product(h, packed(output), rows, scratch);
  });
}

// --- Sampler

void CpuBackend::augment(const Array& transforms, const Array& noise, const Array& numbers,
                         Array& positions) {
  const float noise_scale = values(numbers)[kNoiseScale];
  const int64_t samples = transforms.rows(), atoms = positions.rows() / samples;
  workers_.for_each(samples, [&](int64_t s, Scratch) {
    const float* t = matrix(transforms).row(s);
    const Mat rows = matrix(positions).rows_at(s * atoms, atoms);
    const ConstMat draws = matrix(noise).rows_at(s * atoms, atoms);
    float centre[3] = {};
    for (int64_t a = 0; a < atoms; ++a)
      for (size_t c = 0; c < 3; ++c) centre[c] += rows.row(a)[c];
    for (float& c : centre) c /= std::max(static_cast<float>(atoms), 1e-6f);
    for (int64_t a = 0; a < atoms; ++a) {
      float* x = rows.row(a);
      const float p[3] = {x[0] - centre[0], x[1] - centre[1], x[2] - centre[2]};
      for (size_t j = 0; j < 3; ++j) {
        x[j] = p[0] * t[j] + p[1] * t[3 + j] + p[2] * t[6 + j] + t[9 + j];
        x[j] += noise_scale * draws.row(a)[j];
      }
    }
  });
}

Array CpuBackend::network_input(const Array& numbers, const Array& positions) {
  return scale(values(numbers)[kInputScale], positions);
}

void CpuBackend::sampler_update(const Array& update, const Array& numbers, Array& positions) {
  const float keep = values(numbers)[kKeep], change = values(numbers)[kChange],
              noise_level = values(numbers)[kNoiseLevel], step = values(numbers)[kStepSize];
  float* x = elements<float>(positions);
  const float* u = elements<const float>(update);
  for (int64_t k = 0; k < positions.size(); ++k) {
    const float denoised = keep * x[k] + change * u[k];
    x[k] += step * ((x[k] - denoised) / noise_level);
  }
}

}  // namespace pleat::ops
