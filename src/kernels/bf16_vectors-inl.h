// Products of pairs on vectors of 16 floats.
//
// Lanes, a vector of floats on the instructions or their emulation, has
//   zero(), load(from, n) and store(to, n): the first n lanes,
//   add(x), dot(a, b): this lane + the products of pair a (one for all lanes) with its pair of b[0..16).
// Includes nothing: the file is included inside a namespace.

constexpr int64_t kLanes = 16;

// kRows rows of C from `row`, a multiple of kRows, with kVectors vectors each. Computes rows of A beyond C's,
// but does not store them.
template <class Lanes, int kRows, int kVectors>
void vector_block(const Bf16x2Product& p, int64_t row) {
  Lanes sums[kRows][kVectors];
#pragma GCC unroll 8
  for (int r = 0; r < kRows; ++r)
#pragma GCC unroll 2
    for (int v = 0; v < kVectors; ++v) sums[r][v] = Lanes::zero();
  for (int t = 0; t < p.num_terms; ++t) {
    const uint32_t *a = p.terms[t].a + p.a_rows.offset(row), *b = p.terms[t].b;
    for (int64_t first = 0; first < p.pairs; first += kBf16x2Step, a += p.a_rows.step, b += p.b_step)
      for (int64_t k = 0; k < kBf16x2Step; ++k)
#pragma GCC unroll 8
        for (int r = 0; r < kRows; ++r)
#pragma GCC unroll 2
          for (int v = 0; v < kVectors; ++v)
            sums[r][v].dot(a[r * p.a_rows.row + k], b + k * kBf16x2Columns + v * kLanes);
  }
#pragma GCC unroll 8
  for (int r = 0; r < kRows; ++r) {
    if (row + r >= p.rows) return;
#pragma GCC unroll 2
    for (int v = 0; v < kVectors; ++v) {
      float* to = p.c + (row + r) * p.c_stride + v * kLanes;
      const int64_t left = p.cols - v * kLanes, n = left < kLanes ? left : kLanes;
      if (p.accumulate) sums[r][v].add(Lanes::load(to, n));
      sums[r][v].store(to, n);
    }
  }
}

template <class Lanes>
void multiply_vectors(const Bf16x2Product& p) {
  constexpr int kRows = 8;
  for (int64_t row = 0; row < p.rows; row += kRows)
    p.cols > kLanes ? vector_block<Lanes, kRows, 2>(p, row) : vector_block<Lanes, kRows, 1>(p, row);
}
