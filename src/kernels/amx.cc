// AMX: tiles of bfloat16 pairs (TDPBF16PS).
#include <cstdint>

#include "kernels/bf16_gemm.h"

namespace pleat::kernels {
namespace {

#include "kernels/bf16_tiles-inl.h"

// Inline assembly, because the compilers' intrinsics do not say that they access memory: the compiler could
// move a store of a tile's data behind the load.
struct AmxTiles {
  template <int t>
  void zero() {
    asm volatile("tilezero %%tmm%c0" ::"i"(t));
  }
  template <int t>
  void load(const void* from, int64_t stride) {
    asm volatile("tileloadd (%1,%2,1), %%tmm%c0" ::"i"(t), "r"(from), "r"(stride) : "memory");
  }
  template <int t>
  void store(void* to, int64_t stride) {
    asm volatile("tilestored %%tmm%c0, (%1,%2,1)" ::"i"(t), "r"(to), "r"(stride) : "memory");
  }
  template <int t, int a, int b>
  void dot() {
    asm volatile("tdpbf16ps %%tmm%c2, %%tmm%c1, %%tmm%c0" ::"i"(t), "i"(a), "i"(b));
  }
};

// The operand of LDTILECFG: palette 1, and for each of the eight tiles its bytes per row and its rows.
struct alignas(64) TileConfig {
  uint8_t palette = 1, start_row = 0;
  uint8_t reserved[14] = {};
  uint16_t row_bytes[16] = {64, 64, 64, 64, 64, 64, 64, 64};
  uint8_t rows[16] = {16, 16, 16, 16, 16, 16, 16, 16};
};
static_assert(sizeof(TileConfig) == 64);

void configure() {
  static constexpr TileConfig kConfig;
  asm volatile("ldtilecfg %0" ::"m"(kConfig));
}

// Otherwise every thread switch would save the tiles.
void release() { asm volatile("tilerelease"); }

void multiply(const Bf16x2Product& product) {
  AmxTiles tiles;
  multiply_tiles(tiles, product);
}

}  // namespace

const Bf16x2Unit& amx_unit() {
  static const Bf16x2Unit unit = {configure, release, avx512_bf16_unit().split, multiply, true};
  return unit;
}

}  // namespace pleat::kernels
