#include "kernels/isa.h"

#include "hwy/highway.h"

namespace pleat::kernels {
namespace {

Isa& current() {
  static Isa isa = active_isa();
  return isa;
}

}  // namespace

void use_isa(Isa isa) {
  current() = isa;
  const bool only_avx2 = isa == Isa::avx2 || emulated(isa);
  hwy::SetSupportedTargetsForTest(only_avx2 ? HWY_AVX2 : HWY_AVX2 | HWY_AVX3);
}

Isa kernel_isa() { return current(); }

bool gains_from_bf16(Isa isa) {
  __builtin_cpu_init();
  return multiplies_bf16(isa) && !(isa == Isa::avx512_bf16 && __builtin_cpu_is("intel"));
}

std::vector<Isa> kernel_isas() {
  std::vector<Isa> sets;
  for (Isa isa :
       {Isa::avx2, Isa::avx512, Isa::avx512_bf16, Isa::amx, Isa::avx512_bf16_emulated, Isa::amx_emulated})
    if (isa <= detected_isa() || emulated(isa)) sets.push_back(isa);
  return sets;
}

}  // namespace pleat::kernels
