// Texts given by path: relative to the JSON file, plain or compressed.
#include <gmock/gmock.h>
#include <lzma.h>
#include <zlib.h>

#include <cctype>
#include <sstream>

#include "tests/compression.h"
#include "tests/input/support.h"

namespace pleat::input {
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
  EXPECT_EQ(msa_from(test::gzip(msa)), msa);
  EXPECT_EQ(msa_from(test::xz(msa)), msa);
  EXPECT_EQ(msa_from(zstd_compress(msa)), msa);
}

TEST_F(TextFieldTest, NewlinesBecomePlainInCompressedFilesOnly) {
  EXPECT_EQ(msa_from("a\r\nb\rc"), "a\r\nb\rc");
  EXPECT_EQ(msa_from(test::gzip("a\r\nb\rc")), "a\nb\nc");
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
  write_file(folder_ / "a.a3m", test::gzip(std::string(1000, 'x')).substr(0, 20));
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

// A field that may be given inline or by path: the object that holds it, its key, and an inline value.
struct TextField {
  std::string object, key, text;
};

class EveryTextFieldTest : public InputTest, public ::testing::WithParamInterface<TextField> {
 protected:
  // The refusal of full_job() with the field as given.
  Refusal refusal_with(const json& inline_text, const json& path) {
    json job = full_job();
    json& object = GetParam().object.empty() ? job : job[json::json_pointer(GetParam().object)];
    object[GetParam().key] = inline_text;
    object[GetParam().key + "Path"] = path;
    return refusal(job.dump());
  }
  // "$.sequences[0].protein" for "/sequences/0/protein".
  std::string place() const {
    std::string place = "$";
    std::stringstream parts(GetParam().object.substr(std::min<size_t>(1, GetParam().object.size())));
    for (std::string part; std::getline(parts, part, '/');)
      place += std::isdigit(static_cast<unsigned char>(part[0])) ? "[" + part + "]" : "." + part;
    return place;
  }
};

TEST_P(EveryTextFieldTest, TakesTextOrPath) {
  const std::string key = GetParam().key, path_key = key + "Path";
  write_file(folder_ / "text", GetParam().text);
  write_file(folder_ / "latin1", "\xe9");
  EXPECT_EQ(refusal_with(nullptr, "text").place, "(accepted)");
  EXPECT_EQ(refusal_with("", "text").place, "(accepted)");
  EXPECT_EQ(refusal_with(GetParam().text, nullptr).place, "(accepted)");
  EXPECT_EQ(refusal_with(GetParam().text, "").place, "(accepted)");
  const Refusal both = refusal_with(GetParam().text, "text");
  EXPECT_EQ(both.place, place());
  EXPECT_THAT(both.message, HasSubstr("both '" + key + "' and '" + path_key + "' are given"));
  const Refusal misplaced = refusal_with("text", nullptr);
  EXPECT_EQ(misplaced.place, place() + "." + key);
  EXPECT_THAT(misplaced.message, HasSubstr("Give file paths in '" + path_key + "'"));
  EXPECT_EQ(refusal_with(7, nullptr).place, place() + "." + key);
  EXPECT_EQ(refusal_with(nullptr, 7).place, place() + "." + path_key);
  for (const char* path : {"absent", "latin1", "."})
    EXPECT_EQ(refusal_with(nullptr, path).place, place() + "." + path_key);
}

INSTANTIATE_TEST_SUITE_P(Fields, EveryTextFieldTest,
                         ::testing::Values(TextField{"/sequences/0/protein", "unpairedMsa", ">q\nMKSTY\n"},
                                           TextField{"/sequences/0/protein", "pairedMsa", ">q\nMKSTY\n"},
                                           TextField{"/sequences/0/protein/templates/0", "mmcif", "data_X\n"},
                                           TextField{"/sequences/1/rna", "unpairedMsa", ">q\nACGU\n"},
                                           TextField{"", "userCCD", "data_X\n"}),
                         [](const auto& info) { return "Case" + std::to_string(info.index); });

// An empty file is an MSA of the query alone, but no structure.
TEST_F(TextFieldTest, EmptyFiles) {
  EXPECT_EQ(msa_from(""), "");
  json job = full_job();
  json& given = job["sequences"][0]["protein"]["templates"][0];
  given.erase("mmcif");
  given["mmcifPath"] = "msas/a.a3m";
  EXPECT_EQ(refusal(job.dump()).place, "$.sequences[0].protein.templates[0]");
  EXPECT_THAT(refusal(job.dump()).message, HasSubstr("no mmCIF text"));
}

}  // namespace
}  // namespace pleat::input
