// Kernels on rows and single elements: copies and sums, norms, softmax and expectations, the sampler.
#pragma once

#include "cuda/embeddings.h"
#include "ops/step_numbers.h"

namespace pleat::cuda {

PLEAT_GPU void store(void* data, Stored stored, int64_t at, float x) {
  if (stored == Stored::float32)
    static_cast<float*>(data)[at] = x;
  else
    static_cast<uint16_t*>(data)[at] = round_bf16(x);
}

PLEAT_GPU void combine(const CombineArguments& p) {
  for_thread(p.rows * p.cols, [&](int64_t index) {
    const int64_t row = index / p.cols, col = index % p.cols;
    const int64_t from = static_cast<uint32_t>(row) % p.x_period * p.x_stride + col;
    const int64_t to = row * p.out_stride + col;
    const float factor = p.factor_at ? *p.factor_at : p.factor;
    float x = factor * load(p.x, p.x_stored, from);
    if (p.accumulate) x += load(p.out, p.out_stored, to);
    store(p.out, p.out_stored, to, x);
  });
}

// A lane writes only elements that it alone has read, so out may be x.
PLEAT_GPU void normalise(const NormArguments& p) {
  for_warp_rows(p.rows, [&](int64_t row) {
    const int64_t first = row * p.cols;
    const auto count = static_cast<float>(p.cols);
    float sum = 0, squares = 0;
    for_columns(p.cols, [&](int64_t c) {
      const float x = load(p.x, p.x_stored, first + c);
      sum += x;
      squares = fmaf(x, x, squares);
    });
    const float mean = warp_sum(sum) / count;
    if (!p.fast_variance) {
      squares = 0;
      for_columns(p.cols, [&](int64_t c) {
        const float x = load(p.x, p.x_stored, first + c) - mean;
        squares = fmaf(x, x, squares);
      });
    }
    float variance = warp_sum(squares) / count;
    if (p.fast_variance) variance -= mean * mean;
    const float rstd = 1.0f / sqrtf(variance + 1e-5f);
    for_columns(p.cols, [&](int64_t c) {
      const float centred = load(p.x, p.x_stored, first + c) - mean;
      const float y = (p.scale ? p.scale[c] * rstd : rstd) * centred;
      store(p.out, p.out_stored, first + c, p.offset ? y + p.offset[c] : y);
    });
  });
}

PLEAT_GPU float largest_of(const float* x, int64_t count) {
  float largest = -INFINITY;
  for_columns(count, [&](int64_t c) { largest = fmaxf(largest, x[c]); });
  return warp_max(largest);
}

PLEAT_GPU void softmax(const SoftmaxArguments& p) {
  for_warp_rows(p.rows, [&](int64_t row) {
    float* x = p.x + row * p.cols;
    const float largest = largest_of(x, p.cols);
    float sum = 0;
    for_columns(p.cols, [&](int64_t c) {
      x[c] = expf(x[c] - largest);
      sum += x[c];
    });
    const float inverse = 1.0f / warp_sum(sum);
    for_columns(p.cols, [&](int64_t c) { x[c] *= inverse; });
  });
}

// --- Expectations

PLEAT_GPU void count_chains(const ChainSizesArguments& p) {
  for_thread(p.tokens, [&](int64_t i) {
    int32_t size = 0;
    for (int64_t j = 0; j < p.tokens; ++j) size += p.chains[j] == p.chains[i] ? 1 : 0;
    p.sizes[i] = size;
  });
}

// d0 of the TM-score, squared.
PLEAT_GPU float squared_tm_scale(int64_t residues) {
  const auto n = static_cast<float>(residues > 19 ? residues : 19);
  const float d0 = 1.24f * cbrtf(n - 15.0f) - 1.8f;
  return d0 * d0;
}

PLEAT_GPU float expectation_of(const float* logits, float largest, float inverse, int64_t bins,
                               const float* values) {
  float sum = 0;
  for_columns(bins, [&](int64_t b) { sum += expf(logits[b] - largest) * inverse * values[b]; });
  return warp_sum(sum);
}

PLEAT_GPU float tm_expectation(const float* logits, float largest, float inverse, int64_t bins,
                               const float* errors, int64_t residues) {
  const float square = squared_tm_scale(residues);
  float sum = 0;
  for_columns(bins, [&](int64_t b) {
    sum += expf(logits[b] - largest) * inverse * (1.0f / (1.0f + errors[b] * errors[b] / square));
  });
  return warp_sum(sum);
}

PLEAT_GPU void expect(const ExpectArguments& p) {
  for_warp_rows(p.rows * p.groups, [&](int64_t index) {
    const float* logits = p.logits + index * p.bins;
    const float largest = largest_of(logits, p.bins);
    float sum = 0;
    for_columns(p.bins, [&](int64_t b) { sum += expf(logits[b] - largest); });
    const float inverse = 1.0f / warp_sum(sum);
    const auto put = [&](int64_t value, float x) {
      if (lane_index() == 0) p.out[(value * p.out_rows + p.first_row) * p.groups + index] = x;
    };
    if (!p.chains) {
      for (int64_t v = 0; v < p.num_values; ++v)
        put(v, expectation_of(logits, largest, inverse, p.bins, p.values + v * p.bins));
      return;
    }
    const int64_t pair = p.first_row + index, i = pair / p.tokens, j = pair % p.tokens;
    const int64_t li = p.chain_sizes[i], lj = p.chain_sizes[j];
    put(0, expectation_of(logits, largest, inverse, p.bins, p.values));
    put(1, tm_expectation(logits, largest, inverse, p.bins, p.values, p.tokens));
    put(2, tm_expectation(logits, largest, inverse, p.bins, p.values,
                          p.chains[i] == p.chains[j] ? li : li + lj));
  });
}

// --- Sampler

// One block per sample; adds its threads' sums in order.
PLEAT_GPU void augment(const AugmentArguments& p) {
  constexpr int kThreads = 256;
  float(&sums)[kThreads][3] = *reinterpret_cast<float(*)[kThreads][3]>(shared_memory());
  const int64_t first = block_x() * p.atoms;
  float* x = p.positions + 3 * first;
  float mine[3] = {}, centre[3] = {};
  for (int64_t a = thread_index(); a < p.atoms; a += kThreads)
    for (int c = 0; c < 3; ++c) mine[c] += x[3 * a + c];
  for (int c = 0; c < 3; ++c) sums[thread_index()][c] = mine[c];
  barrier();
  for (int t = 0; t < kThreads; ++t)
    for (int c = 0; c < 3; ++c) centre[c] += sums[t][c];
  for (float& c : centre) c /= fmaxf(static_cast<float>(p.atoms), 1e-6f);
  const float* t = p.transforms + 12 * block_x();
  for (int64_t a = thread_index(); a < p.atoms; a += kThreads) {
    const float d[3] = {x[3 * a] - centre[0], x[3 * a + 1] - centre[1], x[3 * a + 2] - centre[2]};
    for (int j = 0; j < 3; ++j)
      x[3 * a + j] = d[0] * t[j] + d[1] * t[3 + j] + d[2] * t[6 + j] + t[9 + j] +
                     *p.noise_scale * p.noise[3 * (first + a) + j];
  }
}

PLEAT_GPU void update_positions(const SamplerArguments& p) {
  for_thread(p.count, [&](int64_t k) {
    const float* n = p.numbers;
    const float x = p.positions[k], denoised = n[ops::kKeep] * x + n[ops::kChange] * p.update[k];
    p.positions[k] = x + n[ops::kStepSize] * ((x - denoised) / n[ops::kNoiseLevel]);
  });
}

}  // namespace pleat::cuda
