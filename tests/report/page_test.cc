// The page as text: what a browser need not be asked.
#include "report/page.h"

#include <gmock/gmock.h>

#include "tests/report/results.h"
#include "tests/temporary_folder.h"

namespace pleat::report {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class PageTest : public ::testing::Test {
 protected:
  void write(const std::string& chain) {
    write_sample(folder_.path(), 0,
                 made_cif({{chain, "polypeptide(L)"}}, {{chain, "GLY", 1, "CA", "C", {1, -2, 3}, 50}}),
                 made_confidences({{chain, 1}}), made_summary(1, 0.5));
    write_file(folder_ / "made_ranking_scores.csv", "seed,sample,ranking_score\n1,0,0.5\n");
  }
  std::string page_of_folder() const {
    const fs::path file = write_page(folder_.path(), chem::Ccd::embedded());
    EXPECT_EQ(file.filename(), "made_report.html");
    return read_file(file);
  }

  test::TemporaryFolder folder_;
};

TEST_F(PageTest, EqualFactsGiveEqualBytesAndNothingIsLoaded) {
  write("A");
  const std::string page = page_of_folder();
  EXPECT_EQ(page, page_of_folder());
  EXPECT_THAT(page, HasSubstr("default-src 'none'"));
  EXPECT_THAT(page, Not(HasSubstr("@@")));
  for (const char* loading : {"<script src", "<link", "@import", "<iframe"})
    EXPECT_THAT(page, Not(HasSubstr(loading)));
}

TEST_F(PageTest, TextOfOthersCanNotEndTheScript) {
  write("A</script>");
  EXPECT_THAT(page_of_folder(), HasSubstr("\"A\\u003c/script>\""));
}

TEST_F(PageTest, TheManifestIsShownAndADamagedOneLeftOut) {
  write("A");
  write_file(folder_ / "made_manifest.json", R"({"network": {"recycles": 7}})");
  EXPECT_THAT(page_of_folder(), HasSubstr(R"("manifest":{"network":{"recycles":7}})"));
  write_file(folder_ / "made_manifest.json", "[");
  EXPECT_THAT(page_of_folder(), HasSubstr(R"("manifest":null)"));
}

TEST(RangesTest, ConsecutiveIndicesAreJoined) {
  EXPECT_EQ(ranges_text({}), "");
  EXPECT_EQ(ranges_text({0, 1, 2, 5, 7, 8}), "1-3, 6, 8-9");
}

// RFC 4648, section 10.
TEST(Base64Test, ThePaddingFillsTheLastGroup) {
  EXPECT_EQ(base64(""), "");
  EXPECT_EQ(base64("f"), "Zg==");
  EXPECT_EQ(base64("fo"), "Zm8=");
  EXPECT_EQ(base64("foobar"), "Zm9vYmFy");
}

}  // namespace
}  // namespace pleat::report
