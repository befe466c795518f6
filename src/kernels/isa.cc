#include "kernels/isa.h"

#include "hwy/highway.h"

namespace pleat {

void use_isa(Isa isa) { hwy::SetSupportedTargetsForTest(isa == Isa::avx2 ? HWY_AVX2 : HWY_AVX2 | HWY_AVX3); }

std::vector<Isa> kernel_isas() {
  std::vector<Isa> sets = {Isa::avx2};
  if (detected_isa() >= Isa::avx512) sets.push_back(Isa::avx512);
  return sets;
}

}  // namespace pleat
