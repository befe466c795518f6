// Attention with running maxima, one head and 64 queries per block. Reads keys in blocks of 64, so that no
// logits leave the chip. A warp has 16 queries.
#pragma once

#include "cuda/tiles.h"

namespace pleat::cuda {

constexpr int kAttentionThreads = 128, kQueryTile = 64, kKeyTile = 64;

template <class A, int width>
struct AttentionShape {
  using Element = typename A::Element;
  static constexpr int kStride = width + A::kPad, kKeyStride = kKeyTile + A::kPad;
  static constexpr int kQueryPart = kQueryTile * kStride, kKeyPart = kKeyTile * kStride;
  static constexpr int kValuePart = width * kKeyStride, kWeightPart = kQueryTile * kKeyStride;
  static constexpr int kElements = A::kParts * (kQueryPart + kKeyPart + kValuePart + kWeightPart);
  static constexpr int64_t kSharedBytes = static_cast<int64_t>(sizeof(Element)) * kElements;
};

template <class A, int width>
class AttentionBlock {
  using Shape = AttentionShape<A, width>;
  using Element = typename A::Element;
  static constexpr int kNT = kKeyTile / 8, kOut = width / 8;
  static constexpr float kLog2E = 1.44269504f;

 public:
  PLEAT_GPU explicit AttentionBlock(const AttentionArguments& arguments)
      : p_(arguments),
        queries_(reinterpret_cast<Element*>(shared_memory())),
        keys_(queries_ + A::kParts * Shape::kQueryPart),
        values_(keys_ + A::kParts * Shape::kKeyPart),
        weights_(values_ + A::kParts * Shape::kValuePart),
        group_(block_x() / arguments.tiles),
        window_(arguments.windows > 0 ? group_ % arguments.windows : 0),
        head_(block_y()),
        first_(block_x() % arguments.tiles * kQueryTile) {
    const int64_t left = p_.windows > 0 ? p_.atoms - window_ * p_.queries : p_.queries;
    count_ = (left < p_.queries ? left : p_.queries) - first_;
    const int64_t sample = p_.windows > 0 ? group_ / p_.windows : group_;
    const int64_t query = (p_.windows > 0 ? window_ * p_.queries : 0) + first_;
    q_ = sample * p_.q_group + query * p_.q_token + head_ * p_.head_width;
    out_ = sample * p_.out_group + query * p_.out_token + head_ * p_.head_width;
    kv_ = sample * p_.kv_group + head_ * p_.head_width;
  }

  PLEAT_GPU void run() {
    load_queries();
    float largest[2] = {-INFINITY, -INFINITY}, sums[2] = {};
    float out[1][kOut][4] = {};
    for (int64_t first = 0; first < p_.keys; first += kKeyTile) {
      barrier();
      load_keys(first);
      barrier();
      // Either all threads of a warp have queries or none has; all threads reach the barriers.
      if (first_row() < count_) attend(first, largest, sums, out);
    }
    if (first_row() < count_) store(sums, out);
  }

 private:
  PLEAT_GPU int first_row() const { return warp_index() * 16; }

  PLEAT_GPU void load_queries() {
    for (int i = thread_index(); i < kQueryTile * width; i += kAttentionThreads) {
      const int row = i / width, c = i % width;
      const bool valid = row < count_ && c < p_.head_width;
      store_operand(A(), queries_ + row * Shape::kStride + c, Shape::kQueryPart,
                    valid ? load(p_.q, p_.stored, q_ + row * p_.q_token + c) : 0.0f);
    }
  }

  // Values are transposed: their product runs over keys.
  PLEAT_GPU void load_keys(int64_t first) {
    for (int i = thread_index(); i < kKeyTile * width; i += kAttentionThreads) {
      const int row = i / width, c = i % width;
      const int64_t key = first + row;
      int64_t atom = key < p_.keys ? key : -1;
      if (p_.key_atoms && atom >= 0) atom = p_.key_atoms[window_ * p_.keys + key];
      const bool valid = atom >= 0 && c < p_.head_width;
      const int64_t at = kv_ + atom * p_.kv_token + c;
      store_operand(A(), keys_ + row * Shape::kStride + c, Shape::kKeyPart,
                    valid ? load(p_.k, p_.stored, at) : 0.0f);
      store_operand(A(), values_ + c * Shape::kKeyStride + row, Shape::kValuePart,
                    valid ? load(p_.v, p_.stored, at) : 0.0f);
    }
  }

  // Scales logits of rows g and g + 8 by log2 e and adds the bias; -infinity beyond the keys.
  PLEAT_GPU void add_bias(int64_t first, float (&logits)[1][kNT][4]) const {
    const int g = lane_index() / 4, t = lane_index() % 4;
    const float* bias = p_.bias + window_ * p_.bias_window + head_ * p_.bias_head;
    PLEAT_UNROLL
    for (int n = 0; n < kNT; ++n) PLEAT_UNROLL
    for (int e = 0; e < 4; ++e) {
      const int64_t key = first + 8 * n + 2 * t + e % 2, row = first_row() + g + e / 2 * 8;
      float& x = logits[0][n][e];
      if (key >= p_.keys)
        x = -INFINITY;
      else
        x = kLog2E * (row < count_ ? fmaf(x, p_.scale, bias[(first_ + row) * p_.bias_query + key]) : 0.0f);
    }
  }

  PLEAT_GPU void attend(int64_t first, float (&largest)[2], float (&sums)[2], float (&out)[1][kOut][4]) {
    float logits[1][kNT][4] = {};
    multiply_tiles(A(), queries_ + first_row() * Shape::kStride, Shape::kQueryPart, keys_, Shape::kKeyPart,
                   Shape::kStride, width, logits);
    add_bias(first, logits);
    float most[2] = {largest[0], largest[1]};
    PLEAT_UNROLL
    for (int n = 0; n < kNT; ++n) PLEAT_UNROLL
    for (int e = 0; e < 4; ++e) most[e / 2] = fmaxf(most[e / 2], logits[0][n][e]);
    quad_max(most);
    PLEAT_UNROLL
    for (int h = 0; h < 2; ++h) {
      const float shrink = exp2_fast(largest[h] - most[h]);
      sums[h] *= shrink;
      largest[h] = most[h];
      PLEAT_UNROLL
      for (int n = 0; n < kOut; ++n) {
        out[0][n][2 * h] *= shrink;
        out[0][n][2 * h + 1] *= shrink;
      }
    }
    weigh(logits, largest, sums);
    warp_barrier();
    multiply_tiles(A(), weights_ + first_row() * Shape::kKeyStride, Shape::kWeightPart, values_,
                   Shape::kValuePart, Shape::kKeyStride, kKeyTile, out);
  }

  // Turns logits into softmax numerators, the operands of the product with the values.
  PLEAT_GPU void weigh(const float (&logits)[1][kNT][4], const float (&largest)[2], float (&sums)[2]) {
    const int g = lane_index() / 4, t = lane_index() % 4;
    PLEAT_UNROLL
    for (int n = 0; n < kNT; ++n) PLEAT_UNROLL
    for (int e = 0; e < 4; ++e) {
      const float x = exp2_fast(logits[0][n][e] - largest[e / 2]);
      sums[e / 2] += x;
      const int row = first_row() + g + e / 2 * 8, col = 8 * n + 2 * t + e % 2;
      store_operand(A(), weights_ + row * Shape::kKeyStride + col, Shape::kWeightPart, x);
    }
  }

  PLEAT_GPU void store(float (&sums)[2], const float (&out)[1][kOut][4]) const {
    quad_sum(sums);
    const int g = lane_index() / 4, t = lane_index() % 4;
    PLEAT_UNROLL
    for (int n = 0; n < kOut; ++n) PLEAT_UNROLL
    for (int e = 0; e < 4; ++e) {
      const int row = first_row() + g + e / 2 * 8, col = 8 * n + 2 * t + e % 2;
      if (row < count_ && col < p_.head_width)
        p_.out[out_ + row * p_.out_token + col] = out[0][n][e] * (1.0f / sums[e / 2]);
    }
  }

  const AttentionArguments& p_;
  Element *queries_, *keys_, *values_, *weights_;
  int64_t group_, window_, head_, first_, count_, q_, out_, kv_;
};

template <class A, int width>
PLEAT_GPU void attention(const AttentionArguments& arguments) {
  AttentionBlock<A, width>(arguments).run();
}

}  // namespace pleat::cuda
