#include "base/file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <lzma.h>
#include <zlib.h>
#include <zstd.h>

#include "base/error.h"
#include "tests/compression.h"
#include "tests/temporary_folder.h"

namespace pleat {
namespace {

using test::TemporaryFolder;
using testing::HasSubstr;

// Long enough that it spans several internal buffers, and not just one byte over and over.
std::string sample_text() {
  std::string text;
  for (int i = 0; i < 40000; ++i) text += std::to_string(i * 7919 % 10007) + '\n';
  return text;
}

using test::gzip;
using test::xz;

struct Format {
  const char* name;
  std::string (*compress)(const std::string&);
};

class Compressed : public testing::TestWithParam<Format> {};

TEST_P(Compressed, ComesBackWhole) {
  const std::string text = sample_text();
  EXPECT_EQ(decompress(GetParam().compress(text)), text);
  EXPECT_EQ(decompress(GetParam().compress("")), "");
}

TEST_P(Compressed, PartsOneAfterTheOther) {
  EXPECT_EQ(decompress(GetParam().compress("first ") + GetParam().compress("second")), "first second");
}

TEST_P(Compressed, CutAnywhereIsAnError) {
  const std::string whole = GetParam().compress(sample_text());
  for (size_t length : {size_t{6}, size_t{20}, whole.size() / 2, whole.size() - 9, whole.size() - 1})
    EXPECT_THROW(decompress(whole.substr(0, length)), Error) << length;
}

TEST_P(Compressed, DamageNamesTheFileAndTheFormat) {
  TemporaryFolder folder;
  std::string bytes = GetParam().compress(sample_text());
  bytes.resize(bytes.size() / 2);
  write_file(folder / "a", bytes);
  try {
    read_text_file(folder / "a");
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.where(), (folder / "a").string());
    EXPECT_THAT(error.what(), HasSubstr(GetParam().name));
  }
}

TEST_P(Compressed, FlippedBytesNeverDoMoreThanFail) {
  const std::string whole = GetParam().compress(sample_text().substr(0, 3000));
  for (size_t i = 0; i < whole.size(); ++i) {
    std::string damaged = whole;
    damaged[i] = static_cast<char>(damaged[i] ^ 0x55);
    try {
      decompress(damaged);
    } catch (const Error&) {
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Formats, Compressed,
                         testing::Values(Format{"gzip", gzip}, Format{"xz", xz},
                                         Format{"zstd",
                                                [](const std::string& t) { return zstd_compress(t); }}),
                         [](const auto& info) { return info.param.name; });

TEST(File, PlainTextIsLeftAlone) {
  EXPECT_EQ(decompress(">query\nMQIF\n"), ">query\nMQIF\n");
  EXPECT_EQ(decompress(""), "");
}

TEST(File, WritesAndReadsBack) {
  TemporaryFolder folder;
  const std::string bytes("a\0b\xff", 4);
  write_file(folder / "new/folder/file", bytes);
  EXPECT_EQ(read_file(folder / "new/folder/file"), bytes);
  EXPECT_EQ(MappedFile(folder / "new/folder/file").bytes(), bytes);
  write_file(folder / "new/folder/file", "shorter");
  EXPECT_EQ(read_file(folder / "new/folder/file"), "shorter");
}

TEST(File, AFailedWriteLeavesNothingBehind) {
  TemporaryFolder folder;
  fs::create_directories(folder / "taken/inside");
  EXPECT_THROW(write_file(folder / "taken", "text"), Error);  // a folder that is not empty can't be replaced
  EXPECT_TRUE(fs::is_directory(folder / "taken/inside"));
  EXPECT_EQ(std::distance(fs::directory_iterator(folder.path()), fs::directory_iterator()), 1);
}

TEST(File, AFolderThatCantBeMadeIsAnError) {
  TemporaryFolder folder;
  write_file(folder / "file", "text");
  EXPECT_THROW(write_file(folder / "file/below", "text"), Error);
  EXPECT_EQ(read_file(folder / "file"), "text");
}

TEST(File, WhatCantBeReadIsNamed) {
  TemporaryFolder folder;
  for (const fs::path& path : {folder / "absent", folder.path()}) {
    for (auto read : {+[](const fs::path& p) { read_file(p); }, +[](const fs::path& p) { read_text_file(p); },
                      +[](const fs::path& p) { MappedFile{p}; }}) {
      try {
        read(path);
        ADD_FAILURE() << "no error";
      } catch (const Error& error) {
        EXPECT_EQ(error.where(), path.string());
      }
    }
  }
}

TEST(MappedFile, EmptyAndMoved) {
  TemporaryFolder folder;
  write_file(folder / "empty", "");
  write_file(folder / "full", "text");
  MappedFile empty(folder / "empty"), full(folder / "full");
  EXPECT_EQ(empty.bytes(), "");
  MappedFile taken = std::move(full);
  EXPECT_EQ(taken.bytes(), "text");
  empty = std::move(taken);
  EXPECT_EQ(empty.bytes(), "text");
}

}  // namespace
}  // namespace pleat
