// Products of pairs on tiles: eight registers of 16 rows of 64 bytes. Sums two by two tiles of C in registers
// over the whole depth.
//
// Tiles, the instructions or their emulation, has (t, a, b: numbers of tiles)
//   zero<t>(), load<t>(from, bytes between rows), store<t>(to, bytes between rows),
//   dot<t, a, b>(): t[m][n] += sum over pairs k of a[m][k] . b[k][n], two products each.
// Includes nothing: the file is included inside a namespace.

constexpr int64_t kTile = 16;  // rows; also floats or pairs of a row

// A tile's place in C, or a buffer for a tile that reaches beyond C.
class TilePlace {
 public:
  TilePlace(const Bf16x2Product& p, int64_t row, int64_t col)
      : c_(p.c + row * p.c_stride + col),
        c_stride_(p.c_stride),
        rows_(p.rows - row < kTile ? p.rows - row : kTile),
        cols_(p.cols - col < kTile ? p.cols - col : kTile) {
    if (whole()) return;
    for (int64_t i = 0; i < kTile * kTile; ++i) edge_[i] = 0;
    if (p.accumulate)
      for (int64_t r = 0; r < rows_; ++r)
        for (int64_t c = 0; c < cols_; ++c) edge_[r * kTile + c] = c_[r * c_stride_ + c];
  }
  float* data() { return whole() ? c_ : edge_; }
  int64_t bytes_between_rows() const { return 4 * (whole() ? c_stride_ : kTile); }
  // Call it after storing the tile.
  void finish() {
    if (whole()) return;
    for (int64_t r = 0; r < rows_; ++r)
      for (int64_t c = 0; c < cols_; ++c) c_[r * c_stride_ + c] = edge_[r * kTile + c];
  }

 private:
  bool whole() const { return rows_ == kTile && cols_ == kTile; }

  float* c_;
  int64_t c_stride_, rows_, cols_;
  alignas(64) float edge_[kTile * kTile];
};

template <int kNumber, class Tiles>
void start_sum(Tiles& tiles, const Bf16x2Product& p, TilePlace& place) {
  if (p.accumulate)
    tiles.template load<kNumber>(place.data(), place.bytes_between_rows());
  else
    tiles.template zero<kNumber>();
}

template <int kNumber, class Tiles>
void end_sum(Tiles& tiles, TilePlace& place) {
  tiles.template store<kNumber>(place.data(), place.bytes_between_rows());
  place.finish();
}

// kRows x kCols tiles of C from `row` on: numbers 0 to 3; A has 4 and 5, B 6 and 7. A tile's load takes half
// as long as its two products, so tiles already loaded are kept. Each step down prefetches a share of `ahead`
// and advances it.
template <int kRows, int kCols, class Tiles>
void tile_block(Tiles& tiles, const Bf16x2Product& p, int64_t row, Prefetch& ahead) {
  TilePlace c00(p, row, 0), c01(p, row, kCols > 1 ? kTile : 0), c10(p, kRows > 1 ? row + kTile : row, 0),
      c11(p, kRows > 1 ? row + kTile : row, kCols > 1 ? kTile : 0);
  start_sum<0>(tiles, p, c00);
  if constexpr (kCols > 1) start_sum<1>(tiles, p, c01);
  if constexpr (kRows > 1) start_sum<2>(tiles, p, c10);
  if constexpr (kRows > 1 && kCols > 1) start_sum<3>(tiles, p, c11);
  // The instructions clobber memory, so that the compiler would work this out for every load.
  const int64_t first_row = p.a_rows.offset(row);
  for (int64_t step = 0; step < p.pairs / kTile; ++step, ahead = ahead.next()) {
    ahead.prefetch();
    const uint32_t *a = nullptr, *b = nullptr;
    for (int t = 0; t < p.num_terms; ++t) {
      const bool other_a = a != p.terms[t].a, other_b = b != p.terms[t].b;
      a = p.terms[t].a;
      b = p.terms[t].b;
      const uint32_t *a_tile = a + first_row + step * p.a_rows.step, *b_tile = b + step * p.b_step;
      if (other_a) tiles.template load<4>(a_tile, 4 * p.a_rows.row);
      if (other_b) tiles.template load<6>(b_tile, 4 * kBf16x2Columns);
      tiles.template dot<0, 4, 6>();
      if constexpr (kCols > 1) {
        if (other_b) tiles.template load<7>(b_tile + kTile, 4 * kBf16x2Columns);
        tiles.template dot<1, 4, 7>();
      }
      if constexpr (kRows > 1) {
        if (other_a) tiles.template load<5>(a_tile + p.a_rows.tile, 4 * p.a_rows.row);
        tiles.template dot<2, 5, 6>();
        if constexpr (kCols > 1) tiles.template dot<3, 5, 7>();
      }
    }
  }
  end_sum<0>(tiles, c00);
  if constexpr (kCols > 1) end_sum<1>(tiles, c01);
  if constexpr (kRows > 1) end_sum<2>(tiles, c10);
  if constexpr (kRows > 1 && kCols > 1) end_sum<3>(tiles, c11);
}

template <class Tiles>
void multiply_tiles(Tiles& tiles, const Bf16x2Product& p) {
  const int64_t blocks = (p.rows + 2 * kTile - 1) / (2 * kTile);
  Prefetch ahead = p.ahead.share(blocks * (p.pairs / kTile));
  for (int64_t row = 0; row < p.rows; row += 2 * kTile) {
    const bool two_rows = p.rows - row > kTile, two_cols = p.cols > kTile;
    if (two_rows)
      two_cols ? tile_block<2, 2>(tiles, p, row, ahead) : tile_block<2, 1>(tiles, p, row, ahead);
    else
      two_cols ? tile_block<1, 2>(tiles, p, row, ahead) : tile_block<1, 1>(tiles, p, row, ahead);
  }
}
