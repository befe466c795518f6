// pleat weights.
#include <gmock/gmock.h>

#include "tests/cli/program.h"
#include "tests/support.h"

namespace pleat::cli {
namespace {

using ::testing::HasSubstr;

TEST_F(ProgramTest, WeightsInfoDescribesAFolder) {
  const Run run = pleat("weights info '" + test::kSmallWeights.string() + "'");
  ASSERT_EQ(run.status, 0) << run.err;
  EXPECT_THAT(run.out, HasSubstr("demo.bin.zst"));
  EXPECT_THAT(run.out, HasSubstr("parameters  405"));
}

TEST_F(ProgramTest, WeightsInfoRefusesAFolderWithoutWeights) {
  const Run run = pleat("weights info .");
  EXPECT_EQ(run.status, 1);
  EXPECT_THAT(run.err, HasSubstr("pleat: error: "));
  EXPECT_EQ(run.out, "");
}

}  // namespace
}  // namespace pleat::cli
