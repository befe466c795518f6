// Texts given by path: relative to the JSON file, plain or compressed.
#include <gmock/gmock.h>
#include <lzma.h>
#include <zlib.h>

#include "tests/compression.h"
#include "tests/input/support.h"

namespace pleat::test {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;

using test::gzip;
using test::xz;

class TextFieldTest : public InputTest {
 protected:
  json job_with_msa_path(const std::string& path) {
    json job = full_job();
    job["sequences"][0]["protein"]["unpairedMsa"] = nullptr;
    job["sequences"][0]["protein"]["unpairedMsaPath"] = path;
    return job;
  }
  std::string msa_from(const std::string& file_bytes) {
    write_file(folder_ / "msas" / "a.a3m", file_bytes);
    return *std::get<ProteinChain>(read_one(job_with_msa_path("msas/a.a3m")).chains[0]).unpaired_msa;
  }
};

TEST_F(TextFieldTest, ReadsPlainAndCompressedFiles) {
  const std::string msa = ">query\nMKSTY\n>other\nMK-TY\n";
  EXPECT_EQ(msa_from(msa), msa);
  EXPECT_EQ(msa_from(gzip(msa)), msa);
  EXPECT_EQ(msa_from(xz(msa)), msa);
  EXPECT_EQ(msa_from(zstd_compress(msa)), msa);
}

TEST_F(TextFieldTest, NewlinesBecomePlainInCompressedFilesOnly) {
  EXPECT_EQ(msa_from("a\r\nb\rc"), "a\r\nb\rc");
  EXPECT_EQ(msa_from(gzip("a\r\nb\rc")), "a\nb\nc");
}

TEST_F(TextFieldTest, PathsWorkForEveryField) {
  write_file(folder_ / "t.cif", "data_T\n");
  json job = job_with_msa_path((folder_ / "t.cif").string());  // absolute
  json& protein = job["sequences"][0]["protein"];
  protein.erase("pairedMsa");
  protein["pairedMsaPath"] = "t.cif";
  protein["templates"][0].erase("mmcif");
  protein["templates"][0]["mmcifPath"] = "t.cif";
  job["sequences"][1]["rna"]["unpairedMsaPath"] = "t.cif";
  const FoldInput input = read_one(job);
  const auto& chain = std::get<ProteinChain>(input.chains[0]);
  EXPECT_EQ(chain.unpaired_msa, "data_T\n");
  EXPECT_EQ(chain.paired_msa, "data_T\n");
  EXPECT_EQ(chain.templates->at(0).mmcif, "data_T\n");
  EXPECT_EQ(std::get<RnaChain>(input.chains[2]).unpaired_msa, "data_T\n");
}

TEST_F(TextFieldTest, RefusesWhatCannotBeRead) {
  const std::string place = "$.sequences[0].protein.unpairedMsaPath";
  Refusal found = refusal(job_with_msa_path("absent.a3m").dump());
  EXPECT_EQ(found.place, place);
  EXPECT_THAT(found.message, HasSubstr("absent.a3m"));
  EXPECT_THAT(found.message, HasSubstr("No such file"));
  write_file(folder_ / "a.a3m", "\xff\xfe");
  EXPECT_THAT(refusal(job_with_msa_path("a.a3m").dump()).message, HasSubstr("not UTF-8"));
  write_file(folder_ / "a.a3m", gzip(std::string(1000, 'x')).substr(0, 20));
  EXPECT_THAT(refusal(job_with_msa_path("a.a3m").dump()).message, HasSubstr("gzip stream is damaged"));
  EXPECT_EQ(refusal(job_with_msa_path("a.a3m").dump()).place, place);
}

TEST_F(TextFieldTest, RefusesBothFormsAndPathsInTheWrongField) {
  json job = job_with_msa_path("a.a3m");
  json& protein = job["sequences"][0]["protein"];
  protein["unpairedMsa"] = ">query\nMKSTY\n";
  EXPECT_THAT(refusal(job.dump()).message, HasSubstr("both 'unpairedMsa' and 'unpairedMsaPath' are given"));
  protein["unpairedMsa"] = "";  // an empty text counts as not given
  write_file(folder_ / "a.a3m", ">query\nMKSTY\n");
  EXPECT_EQ(std::get<ProteinChain>(read_one(job).chains[0]).unpaired_msa, ">query\nMKSTY\n");
  protein.erase("unpairedMsaPath");
  protein["unpairedMsa"] = (folder_ / "a.a3m").string();
  EXPECT_EQ(refusal(job.dump()).place, "$.sequences[0].protein.unpairedMsa");
  EXPECT_THAT(refusal(job.dump()).message, HasSubstr("unpairedMsaPath"));
}

}  // namespace
}  // namespace pleat::test
