// ASCII text, whatever the locale.
#include "base/text.h"

#include <gtest/gtest.h>

namespace pleat {
namespace {

TEST(Text, KnowsAsciiAlone) {
  for (int byte = -128; byte < 128; ++byte) {
    const char c = static_cast<char>(byte);
    EXPECT_EQ(is_letter(c), lower_case(c) != upper_case(c)) << byte;
    EXPECT_FALSE(is_letter(c) && is_digit(c)) << byte;
  }
  EXPECT_EQ(lower_case(std::string("Fe2\xc4")), "fe2\xc4");
  EXPECT_EQ(upper_case(std::string("heM-a_z")), "HEM-A_Z");
}

TEST(Text, IsStrippedOnBothSides) {
  EXPECT_EQ(stripped("\t\v a b\r\n\f"), "a b");
  EXPECT_EQ(stripped(" \n"), "");
  EXPECT_EQ(stripped(""), "");
}

TEST(Text, LosesItsByteOrderMarkOnce) {
  EXPECT_EQ(without_byte_order_mark("\xef\xbb\xbf\xef\xbb\xbfx"), "\xef\xbb\xbfx");
  EXPECT_EQ(without_byte_order_mark("x"), "x");
}

}  // namespace
}  // namespace pleat
