#include "base/nearest.h"

#include <gtest/gtest.h>

namespace pleat {
namespace {

TEST(Nearest, FindsTheWordThatWasMeant) {
  const std::vector<std::string> known = {"sequences", "modelSeeds", "name"};
  EXPECT_EQ(nearest("sequence", known), "sequences");
  EXPECT_EQ(nearest("modelseeds", known), "modelSeeds");
  EXPECT_EQ(nearest("nmae", known), "name");
  EXPECT_EQ(did_you_mean("sequnces", known), "Did you mean 'sequences'?");
}

TEST(Nearest, StaysSilentWhenNothingIsNear) {
  const std::vector<std::string> known = {"sequences", "name"};
  EXPECT_EQ(nearest("dialect", known), "");
  EXPECT_EQ(did_you_mean("dialect", known), "");
  EXPECT_EQ(nearest("x", {}), "");
  EXPECT_EQ(nearest(std::string(10000, 'a'), {std::string(10000, 'a')}), "");
}

}  // namespace
}  // namespace pleat
