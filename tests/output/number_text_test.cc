// Numbers as Python and NumPy print, round and sum them.
#include "output/number_text.h"

#include <gtest/gtest.h>

#include <charconv>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <vector>

#include "output/numpy_sum.h"

namespace pleat::output {
namespace {

TEST(PythonRepr, PrintsWhatPythonPrints) {
  EXPECT_EQ(python_repr(0.5141010010544487), "0.5141010010544487");
  EXPECT_EQ(python_repr(0.1 + 0.2), "0.30000000000000004");
  EXPECT_EQ(python_repr(1), "1.0");
  EXPECT_EQ(python_repr(0), "0.0");
  EXPECT_EQ(python_repr(-0.0), "-0.0");
  EXPECT_EQ(python_repr(-99.25), "-99.25");
  EXPECT_EQ(python_repr(0.0001), "0.0001");
  EXPECT_EQ(python_repr(0.00001), "1e-05");
  EXPECT_EQ(python_repr(1.25e-7), "1.25e-07");
  EXPECT_EQ(python_repr(1e15), "1000000000000000.0");
  EXPECT_EQ(python_repr(1e16), "1e+16");
  EXPECT_EQ(python_repr(std::nan("")), "nan");
  EXPECT_EQ(python_repr(-std::numeric_limits<double>::infinity()), "-inf");
}

TEST(Round2Decimals, GoesToEvenOnExactHalves) {
  EXPECT_EQ(round_2_decimals(0.125), 0.12);
  EXPECT_EQ(round_2_decimals(0.375), 0.38);
  EXPECT_EQ(round_2_decimals(-0.125), -0.12);
  EXPECT_EQ(round_2_decimals(0.845), 0.84);  // 84.5 after scaling
  EXPECT_EQ(round_2_decimals(31.999), 32.0);
  EXPECT_TRUE(std::isnan(round_2_decimals(std::nan(""))));
}

// The summary is printed by the JSON library: it has to choose the shortest digits for every number of two
// decimals.
TEST(Round2Decimals, JsonPrintsTheShortestDigits) {
  for (int hundredths = -20000; hundredths <= 20000; ++hundredths) {
    const double value = round_2_decimals(hundredths / 100.0);
    ASSERT_EQ(nlohmann::json(value).dump(), python_repr(value));
  }
}

TEST(FixedText, RoundsTheBinaryValue) {
  EXPECT_EQ(fixed_text(99.995f, 2), "100.00");  // 99.99500274...
  EXPECT_EQ(fixed_text(0.005f, 2), "0.00");     // 0.00499999988...
  EXPECT_EQ(fixed_text(-0.0004f, 3), "-0.000");
  EXPECT_EQ(fixed_text(0.125f, 2), "0.12");
}

// Values whose sum depends on the order of additions, and numpy.sum's answers.
TEST(NumpySum, AddsInNumpysOrder) {
  const auto values = [](int count) {
    std::vector<double> list;
    for (int i = 0; i < count; ++i) list.push_back(0.1 * (i % 7) + 57.01);
    return list;
  };
  EXPECT_EQ(numpy_sum(values(0)), 0.0);
  EXPECT_EQ(numpy_sum(values(1)), 57.01);
  EXPECT_EQ(numpy_sum(values(7)), 401.17);
  EXPECT_EQ(numpy_sum(values(8)), 458.17999999999995);
  EXPECT_EQ(numpy_sum(values(9)), 515.29);
  EXPECT_EQ(numpy_sum(values(15)), 859.3499999999999);
  EXPECT_EQ(numpy_sum(values(16)), 916.46);
  EXPECT_EQ(numpy_sum(values(100)), 5730.499999999999);
  EXPECT_EQ(numpy_sum(values(128)), 7335.179999999999);
  EXPECT_EQ(numpy_sum(values(129)), 7392.39);
  EXPECT_EQ(numpy_sum(values(136)), 7793.5599999999995);
  EXPECT_EQ(numpy_sum(values(300)), 17192.699999999997);
  EXPECT_EQ(numpy_sum(values(1001)), 57367.31);
}

}  // namespace
}  // namespace pleat::output
