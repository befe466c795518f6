// Which arithmetic a processor gains from.
#include "kernels/isa.h"

#include <gtest/gtest.h>

namespace pleat::kernels {
namespace {

TEST(Bfloat16, IsChosenWhereItIsFaster) {
  for (const Isa isa : {Isa::avx2, Isa::avx512}) EXPECT_FALSE(gains_from_bf16(isa)) << name(isa);
  for (const Isa isa : {Isa::amx, Isa::amx_emulated, Isa::avx512_bf16_emulated})
    EXPECT_TRUE(gains_from_bf16(isa)) << name(isa);
  const bool intel = cpu_name().find("Intel") != std::string::npos;
  EXPECT_EQ(gains_from_bf16(Isa::avx512_bf16), !intel);
}

}  // namespace
}  // namespace pleat::kernels
