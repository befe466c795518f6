// Products of bfloat16 operands with float32 sums, on instructions that take pairs of bfloat16: the
// implementation of kernels/gemm.h on AMX and AVX-512-BF16. For gemm.cc and the units.
//
// A float32 is one bfloat16, or the sum of several (its parts): x0 = round(x), x1 = round(x - x0). Operands
// of P parts are multiplied as the sum of the products of part i of A with part j of B, i + j < P: P = 1 is
// the product of the rounded operands, P = 2 keeps 16 bits of each.
//
// Two bfloat16 with consecutive k (even, odd) are one uint32_t, the even one in the low half: a pair. K is
// padded with zeros to a multiple of 32.
#pragma once

#include <cstdint>

#include "kernels/gemm.h"
#include "kernels/matrix.h"
#include "kernels/prefetch.h"

namespace pleat::kernels {

constexpr int64_t kBf16x2Columns = 32;  // of a panel of B
constexpr int64_t kBf16x2Step = 16;     // depth of a tile in pairs; K is padded to a multiple

// The layout of A's rows: words between two rows of a tile of 16, between two steps of a row, and between two
// tiles. Rows one after the other have {stride, kBf16x2Step, 16 * stride}; tiles of 1 KiB one after the other
// have {kBf16x2Step, 16 * kBf16x2Step, the words of 16 rows}.
struct Bf16x2Rows {
  int64_t row, step, tile;
  int64_t offset(int64_t r) const { return r / 16 * tile + r % 16 * row; }
};

// C (+)= the sum of A_t B_t over the terms t.
struct Bf16x2Product {
  // The unit reads an operand shared with the previous term only once.
  struct Term {
    const uint32_t* a;  // rows of pairs in the layout `a_rows`; readable up to `rows` rounded up to 16
    const uint32_t* b;  // [pairs / kBf16x2Step], b_step apart, of [kBf16x2Step][kBf16x2Columns]
  };
  const Term* terms;
  int num_terms;
  int64_t pairs;  // a multiple of kBf16x2Step
  Bf16x2Rows a_rows;
  int64_t b_step;
  int64_t rows, cols;  // of C; cols <= kBf16x2Columns
  float* c;
  int64_t c_stride;
  bool accumulate;
  Prefetch ahead = {};  // the next part of B, for units that read it from memory
};

// The instructions that differ between the sets. As on the processor, products treat denormal operands as
// zero and flush denormal sums to zero.
struct Bf16x2Unit {
  // Around a thread's calls of multiply.
  void (*begin)();
  void (*end)();
  // Splits x[0..n) into parts, each as pairs, padded with zeros to a multiple of kBf16x2Step; step s of part
  // p at out + s * step_stride + p * part_stride.
  void (*split)(const float* x, int64_t n, int parts, uint32_t* out, int64_t step_stride,
                int64_t part_stride);
  void (*multiply)(const Bf16x2Product& product);
  // Whether sums stay in tiles over all of K. Vectors store them, to keep B's part in the first-level cache.
  bool tiles;
};

const Bf16x2Unit& amx_unit();
const Bf16x2Unit& amx_emulated_unit();
const Bf16x2Unit& avx512_bf16_unit();
const Bf16x2Unit& avx512_bf16_emulated_unit();

// B as panels of kBf16x2Columns columns (the last one padded with zeros), each
// [pairs / kBf16x2Step][parts][kBf16x2Step][kBf16x2Columns].
struct Bf16x2Panels {
  const uint32_t* data;
  int64_t rows, cols;
  int parts;
};

// The number of pairs in the panels of a [rows, cols] matrix.
int64_t bf16x2_panels_size(int64_t rows, int64_t cols, int parts);
// Packs B(k, n) = data[k * row_stride + n * col_stride] into out (64-byte aligned, bf16x2_panels_size pairs).
void pack_bf16x2_panels(const float* data, int64_t rows, int64_t cols, int64_t row_stride, int64_t col_stride,
                        int parts, uint32_t* out);

// C = A B, or C += A B; rounds or splits A first. An element depends only on A's row, B's column and the
// unit.
void bf16x2_gemm(const Bf16x2Unit& unit, ConstMat a, Bf16x2Panels b, Mat c, bool accumulate);
// C = activation(G W) * (V U).
void gated_bf16x2_gemm(const Bf16x2Unit& unit, Activation activation, ConstMat g, Bf16x2Panels w, ConstMat v,
                       Bf16x2Panels u, Mat c);

}  // namespace pleat::kernels
