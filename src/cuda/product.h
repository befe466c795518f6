// The products of the network: one kernel in four arithmetics, for one product or a gated pair. It computes
// the left operand while loading (norm, adaptive norm, gate, features), and finishes a sum before storing it
// (gate, bias, residual, adaptive zero, another layout). Run-time arguments select these operations, not
// templates: all threads take the same branch, and there are few kernels to compile.
//
// A block computes 64 rows by 128 columns. It reads all its rows before it writes any, so the output may be
// the left operand if 128 columns hold a whole row.
#pragma once

#include "cuda/embeddings.h"
#include "cuda/tiles.h"

namespace pleat::cuda {

constexpr int kProductRows = 64, kProductCols = 128, kProductThreads = 256;

template <class A, bool gated>
struct ProductShape {
  using Element = typename A::Element;
  static constexpr int kLefts = gated ? 2 : 1, kProducts = kLefts;
  // At twice the depth, two stages of two split products would not fit into 99 KB.
  static constexpr int kDepth = sizeof(Element) == 4 || (gated && A::kParts == 2) ? 16 : 32;
  static constexpr int kStride = kDepth + A::kPad;
  static constexpr int kLeftPart = kProductRows * kStride, kRightPart = kProductCols * kStride;
  static constexpr int kLeftTile = kLeftPart * A::kParts, kRightTile = kRightPart * A::kParts;
  static constexpr int kStage = kLefts * kLeftTile + kProducts * kRightTile;  // elements
  static constexpr int kSumStride = kProductCols + 1;

  // Data of each row of the block.
  struct Header {
    int64_t left[2][kProductRows], out[kProductRows];  // offsets
    float mean[2][kProductRows], rstd[2][kProductRows], partial[kProductRows][4][2];
    int features[kProductRows][4];
    float values[kProductRows][2];
  };
  static constexpr int64_t kStagesBytes = 2 * kStage * static_cast<int64_t>(sizeof(Element));
  static constexpr int64_t kSumsBytes = static_cast<int64_t>(sizeof(float)) * kProductRows * kSumStride;
  static constexpr int64_t kSharedBytes =
      static_cast<int64_t>(sizeof(Header)) + (kStagesBytes > kSumsBytes ? kStagesBytes : kSumsBytes);
};

template <class A, bool gated>
class ProductBlock {
  using Shape = ProductShape<A, gated>;
  using Element = typename A::Element;
  using Header = typename Shape::Header;
  static constexpr int kPerThread = kProductRows * Shape::kDepth / kProductThreads;
  static constexpr int kWarpRows = 2, kMT = 2, kNT = 4;  // 2 x 4 warps of 32 x 32

 public:
  PLEAT_GPU explicit ProductBlock(const ProductArguments& arguments)
      : p_(arguments),
        header_(*reinterpret_cast<Header*>(shared_memory())),
        stages_(reinterpret_cast<Element*>(shared_memory() + sizeof(Header))),
        first_row_(block_x() * kProductRows),
        first_col_(block_y() * kProductCols),
        batch_(block_z()) {}

  PLEAT_GPU void run() {
    for (int s = 0; s < Shape::kLefts; ++s)
      if (has_left(s)) prepare_rows(s);
    barrier();
    for (int s = 0; s < Shape::kLefts; ++s)
      if (has_left(s) && normalises(p_.left[s])) find_moments(s);
    float sums[Shape::kProducts][kMT][kNT][4] = {};
    multiply(sums);
    finish(sums);
  }

 private:
  PLEAT_GPU bool has_left(int s) const { return s == 0 || p_.left[1].x.data != nullptr; }
  PLEAT_GPU static bool normalises(const Left& left) {
    return left.before == Before::norm || left.before == Before::adaptive_norm;
  }
  PLEAT_GPU bool is_row(int row) const { return first_row_ + row < p_.rows; }

  PLEAT_GPU void prepare_rows(int s) {
    const int row = thread_index();
    if (row >= kProductRows || !is_row(row)) return;
    const Left& left = p_.left[s];
    const int64_t global = first_row_ + row;
    header_.left[s][row] = batch_ * left.x.batch + offset_of(left.x.rows, global);
    if (s == 0) header_.out[row] = batch_ * p_.after.batch + offset_of(p_.after.rows, global);
    if (left.elements == Elements::matrix_and_relative_encoding)
      encode_pair(left.features, left.tokens, left.first_row + global, header_.features[row]);
    if (left.elements == Elements::msa_features)
      encode_letter(left.features + 2 * global, header_.features[row], header_.values[row]);
  }

  // An element before norm, gate or relu.
  PLEAT_GPU float element(int s, int row, int64_t k) const {
    const Left& left = p_.left[s];
    if (left.elements == Elements::matrix || k < left.encoding_first)
      return load(left.x.data, left.x.stored, header_.left[s][row] + offset_of(left.x.cols, k));
    return feature(left, row, static_cast<int>(k - left.encoding_first));
  }
  PLEAT_GPU float feature(const Left& left, int row, int k) const {
    const int(&ones)[4] = header_.features[row];
    if (left.elements == Elements::msa_features && k >= kMsaLetters)
      return header_.values[row][k - kMsaLetters];
    const bool one = k == ones[0] || k == ones[1] || k == ones[2] || k == ones[3];
    return one ? 1.0f : 0.0f;
  }

  // Mean and 1 / deviation of each row, by four threads per row, whose sums are added in a fixed order.
  PLEAT_GPU void find_moments(int s) {
    const int row = thread_index() / 4, part = thread_index() % 4;
    const bool fast = p_.left[s].fast_variance;
    const auto count = static_cast<float>(p_.depth);
    float(&partial)[4][2] = header_.partial[row];
    float sum = 0, squares = 0;
    if (is_row(row))
      for (int64_t k = part; k < p_.depth; k += 4) {
        const float x = element(s, row, k);
        sum += x;
        if (fast) squares = fmaf(x, x, squares);
      }
    partial[part][0] = sum;
    partial[part][1] = squares;
    barrier();
    const auto total = [&](int i) {
      return (partial[0][i] + partial[1][i]) + (partial[2][i] + partial[3][i]);
    };
    const float mean = total(0) / count;
    float variance = total(1) / count - mean * mean;
    if (!fast) {
      squares = 0;
      if (is_row(row))
        for (int64_t k = part; k < p_.depth; k += 4) {
          const float x = element(s, row, k) - mean;
          squares = fmaf(x, x, squares);
        }
      barrier();
      partial[part][1] = squares;
      barrier();
      variance = total(1) / count;
    }
    if (part == 0) {
      header_.mean[s][row] = mean;
      header_.rstd[s][row] = 1.0f / sqrtf(variance + 1e-5f);
    }
    barrier();
  }

  PLEAT_GPU float operand(int s, int row, int64_t k) const {
    if (!is_row(row) || k >= p_.depth) return 0;
    const Left& left = p_.left[s];
    const float x = element(s, row, k);
    if (left.before == Before::nothing) return x;
    if (left.before == Before::relu) return fmaxf(left.factor * x, 0.0f);
    if (left.before == Before::norm) {
      const float y = (left.scale ? left.scale[k] * header_.rstd[s][row] : header_.rstd[s][row]) *
                      (x - header_.mean[s][row]);
      return left.offset ? y + left.offset[k] : y;
    }
    const auto global = static_cast<uint32_t>(first_row_ + row);
    const float* other = left.other.data + global % left.other.period * left.other.stride + k;
    if (left.before == Before::gate) return x * sigmoid(*other);
    return fmaf(*other, header_.rstd[s][row] * (x - header_.mean[s][row]), other[left.other_shift]);
  }

  // The thread's i-th element of the left tile: neighbouring threads get neighbours in memory.
  PLEAT_GPU void place(int s, int i, int& row, int& k) const {
    const int index = thread_index() + i * kProductThreads;
    const bool along_rows = p_.left[s].x.cols.low != 1;
    row = along_rows ? index % kProductRows : index / Shape::kDepth;
    k = along_rows ? index / kProductRows : index % Shape::kDepth;
  }
  PLEAT_GPU void fill_left(int64_t first, Element* stage) const {
    for (int s = 0; s < Shape::kLefts; ++s) {
      if (!has_left(s)) continue;
      PLEAT_UNROLL_BY_FOUR
      for (int i = 0; i < kPerThread; ++i) {
        int row = 0, k = 0;
        place(s, i, row, k);
        store_operand(A(), stage + s * Shape::kLeftTile + row * Shape::kStride + k, Shape::kLeftPart,
                      operand(s, row, first + k));
      }
    }
  }

  PLEAT_GPU void copy_right(int64_t first, Element* stage) const {
    constexpr int kEach = 16 / static_cast<int>(sizeof(Element)), kPieces = Shape::kDepth / kEach;
    constexpr int kAll = Shape::kProducts * A::kParts * kProductCols * kPieces;
    Element* tiles = stage + Shape::kLefts * Shape::kLeftTile;
    for (int i = thread_index(); i < kAll; i += kProductThreads) {
      const int piece = i % kPieces, col = i / kPieces % kProductCols, tile = i / kPieces / kProductCols;
      const Right& right = p_.right[tile / A::kParts];
      const bool valid = first_col_ + col < p_.cols;
      const int64_t from = batch_ * right.batch + tile % A::kParts * right.part +
                           (valid ? first_col_ + col : 0) * right.stride + first + piece * kEach;
      start_copy(tiles + tile * Shape::kRightPart + col * Shape::kStride + piece * kEach,
                 static_cast<const Element*>(right.data) + from, valid);
    }
    end_copy_group();
  }

  // Fills one stage while multiplying the other.
  PLEAT_GPU void multiply(float (&sums)[Shape::kProducts][kMT][kNT][4]) {
    const auto steps = static_cast<int>((p_.depth + Shape::kDepth - 1) / Shape::kDepth);
    for (int step = -1; step < steps; ++step) {
      const int filled = (step + 1) % 2;
      wait_copies<0>();
      barrier();
      if (step + 1 < steps) {
        const int64_t first = static_cast<int64_t>(step + 1) * Shape::kDepth;
        copy_right(first, stages_ + filled * Shape::kStage);
        fill_left(first, stages_ + filled * Shape::kStage);
      }
      if (step >= 0) multiply_stage(stages_ + (1 - filled) * Shape::kStage, sums);
    }
    barrier();
  }

  PLEAT_GPU int warp_row() const { return warp_index() % kWarpRows * 16 * kMT; }
  PLEAT_GPU int warp_col() const { return warp_index() / kWarpRows * 8 * kNT; }

  PLEAT_GPU void multiply_stage(const Element* stage, float (&sums)[Shape::kProducts][kMT][kNT][4]) const {
    const int row = warp_row(), col = warp_col();
    if (!is_row(row) || first_col_ + col >= p_.cols) return;
    const Element* rights = stage + Shape::kLefts * Shape::kLeftTile;
    PLEAT_UNROLL
    for (int s = 0; s < Shape::kProducts; ++s)
      multiply_tiles(A(), stage + (has_left(s) ? s : 0) * Shape::kLeftTile + row * Shape::kStride,
                     Shape::kLeftPart, rights + s * Shape::kRightTile + col * Shape::kStride,
                     Shape::kRightPart, Shape::kStride, Shape::kDepth, sums[s]);
  }

  // Moves the sums through shared memory, so that neighbouring threads store neighbouring elements.
  PLEAT_GPU void finish(const float (&sums)[Shape::kProducts][kMT][kNT][4]) {
    auto* staged = reinterpret_cast<float*>(stages_);
    const int g = lane_index() / 4, t = lane_index() % 4;
    PLEAT_UNROLL
    for (int m = 0; m < kMT; ++m) PLEAT_UNROLL
    for (int n = 0; n < kNT; ++n) PLEAT_UNROLL
    for (int e = 0; e < 4; ++e) {
      const int row = warp_row() + 16 * m + g + e / 2 * 8, col = warp_col() + 8 * n + 2 * t + e % 2;
      staged[row * Shape::kSumStride + col] = gate(sums, m, n, e);
    }
    barrier();
    const bool along_rows = p_.after.cols.low != 1;
    for (int i = thread_index(); i < kProductRows * kProductCols; i += kProductThreads) {
      const int row = along_rows ? i % kProductRows : i / kProductCols;
      const int col = along_rows ? i / kProductRows : i % kProductCols;
      if (is_row(row) && first_col_ + col < p_.cols)
        store(row, first_col_ + col, staged[row * Shape::kSumStride + col]);
    }
  }
  PLEAT_GPU float gate(const float (&sums)[Shape::kProducts][kMT][kNT][4], int m, int n, int e) const {
    const float x = sums[0][m][n][e];
    if constexpr (!gated)
      return x;
    else
      return sigmoid(x) * (p_.after.gate == Gate::swish ? x : 1.0f) * sums[1][m][n][e];
  }

  PLEAT_GPU void store(int row, int64_t col, float x) const {
    const After& after = p_.after;
    const auto global = static_cast<uint32_t>(first_row_ + row);
    if (col < after.bias_cols) {
      x += after.bias[col];
      if (after.bias_sigmoid) x = sigmoid(x);
    }
    if (after.relu) x = fmaxf(x, 0.0f);
    x *= after.factor;
    if (after.times.data) x *= after.times.data[global % after.times.period * after.times.stride + col];
    if (after.plus.data) x += after.plus.data[global % after.plus.period * after.plus.stride + col];
    const int64_t at = header_.out[row] + offset_of(after.cols, col);
    if (after.accumulate) x += load(after.out, after.stored, at);
    if (after.stored == Stored::float32)
      static_cast<float*>(after.out)[at] = x;
    else if (after.stored == Stored::tf32)
      static_cast<float*>(after.out)[at] = round_tf32(x);
    else if (after.stored == Stored::bfloat16)
      static_cast<uint16_t*>(after.out)[at] = round_bf16(x);
    else
      store_operand(Split(), static_cast<uint16_t*>(after.out) + at, after.part, x);
  }

  const ProductArguments& p_;
  Header& header_;
  Element* stages_;
  int64_t first_row_, first_col_, batch_;
};

template <class A, bool gated>
PLEAT_GPU void product(const ProductArguments& arguments) {
  ProductBlock<A, gated>(arguments).run();
}

}  // namespace pleat::cuda
