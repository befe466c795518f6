#include "tensor/npz.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "base/error.h"
#include "tensor/zip.h"
#include "tests/support.h"
#include "tests/temporary_folder.h"

namespace pleat {
namespace {

using test::TemporaryFolder;
using testing::HasSubstr;

std::string error_of(const std::function<void()>& action) {
  try {
    action();
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

template <class T>
Tensor<T> counting(Shape shape) {
  Tensor<T> values(std::move(shape));
  for (int64_t i = 0; i < values.size(); ++i) values[i] = static_cast<T>(i % 100);
  return values;
}

NpzArrays samples() {
  return {{"floats", NpyArray::from(counting<float>({3, 4, 5}))},
          {"doubles", NpyArray::from(counting<double>({7}))},
          {"bytes", NpyArray::from(counting<int8_t>({2, 50000}))},
          {"unsigned", NpyArray::from(counting<uint8_t>({1, 1, 1}))},
          {"ints", NpyArray::from(counting<int32_t>({0, 3}))},
          {"longs:with_colon", NpyArray::from(counting<int64_t>({9}))},
          {"flags", NpyArray::boolean(Tensor<uint8_t>({2}, std::vector<uint8_t>{1, 0}))},
          {"halves", NpyArray::f16(Tensor<float>({2}, std::vector<float>{0.1f, -2}))},
          {"brains", NpyArray{DType::bf16, {1}, std::string("\x80\x3f", 2)}},
          {"number", NpyArray::scalar(-5)}};
}

class Npz : public testing::TestWithParam<bool> {};

TEST_P(Npz, ComesBackAsWritten) {
  TemporaryFolder folder;
  write_npz(folder / "a.npz", samples(), GetParam());
  const auto read = read_npz(folder / "a.npz");
  ASSERT_EQ(read.size(), samples().size());
  for (const auto& [name, array] : samples()) {
    SCOPED_TRACE(name);
    EXPECT_EQ(read.at(name).dtype, array.dtype);
    EXPECT_EQ(read.at(name).shape, array.shape);
    EXPECT_EQ(read.at(name).bytes, array.bytes);
  }
}

TEST_P(Npz, EqualArraysGiveEqualFiles) {
  TemporaryFolder folder;
  write_npz(folder / "a.npz", samples(), GetParam());
  write_npz(folder / "b.npz", samples(), GetParam());
  EXPECT_EQ(read_file(folder / "a.npz"), read_file(folder / "b.npz"));
}

TEST_P(Npz, DamageAnywhereIsAnErrorOrHarmless) {
  TemporaryFolder folder;
  write_npz(folder / "a.npz", {{"values", NpyArray::from(counting<float>({5, 6}))}}, GetParam());
  const std::string whole = read_file(folder / "a.npz");
  const auto expected = read_npz(folder / "a.npz").at("values").bytes;
  for (size_t i = 0; i < whole.size(); ++i) {
    std::string damaged = whole;
    damaged[i] = static_cast<char>(damaged[i] ^ 0x41);
    write_file(folder / "b.npz", damaged);
    try {
      const auto read = read_npz(folder / "b.npz");
      if (read.contains("values")) {
        EXPECT_EQ(read.at("values").bytes, expected) << "byte " << i;
      }
    } catch (const Error& error) {
      EXPECT_THAT(error.where(), HasSubstr("b.npz"));
    }
  }
}

TEST_P(Npz, CutShortIsAnError) {
  TemporaryFolder folder;
  write_npz(folder / "a.npz", samples(), GetParam());
  const std::string whole = read_file(folder / "a.npz");
  for (size_t length = 0; length < whole.size(); length += 1 + length / 20) {
    write_file(folder / "b.npz", whole.substr(0, length));
    EXPECT_THAT(error_of([&] { read_npz(folder / "b.npz"); }), HasSubstr("zip archive")) << length;
  }
}

INSTANTIATE_TEST_SUITE_P(Compressed, Npz, testing::Bool());

std::string npy(const std::string& dictionary, const std::string& data) {
  return std::string("\x93NUMPY\x01\x00", 8) + static_cast<char>(dictionary.size()) + '\0' + dictionary +
         data;
}

// Reads one member `x.npy` of the given content.
NpyArray read_one(const std::string& content) {
  TemporaryFolder folder;
  write_zip(folder / "one.npz", std::vector<ZipParts>{{"x.npy", {content, ""}}}, false);
  return read_npz(folder / "one.npz").at("x");
}

TEST(NpzReading, FortranOrderBecomesCOrder) {
  const NpyArray array =
      read_one(npy("{'descr': '|i1', 'fortran_order': True, 'shape': (2, 3), }", "\x01\x04\x02\x05\x03\x06"));
  EXPECT_EQ(array.shape, (Shape{2, 3}));
  EXPECT_EQ(array.bytes, "\x01\x02\x03\x04\x05\x06");
}

TEST(NpzReading, ShapesOfEveryRank) {
  EXPECT_EQ(read_one(npy("{'descr': '<i4', 'fortran_order': False, 'shape': (), }", "abcd")).shape, Shape{});
  EXPECT_EQ(read_one(npy("{'descr': '<i4', 'fortran_order': False, 'shape': (1,), }", "abcd")).shape,
            Shape{1});
  EXPECT_EQ(read_one(npy("{'descr': '<i4', 'fortran_order': False, 'shape': (0, 7), }", "")).shape,
            (Shape{0, 7}));
}

TEST(NpzReading, WhatIsWrongIsNamed) {
  const auto message = [](const std::string& dictionary, const std::string& data) {
    return error_of([&] { read_one(npy(dictionary, data)); });
  };
  EXPECT_THAT(message("{'descr': '>f4', 'fortran_order': False, 'shape': (1,), }", "abcd"),
              testing::AllOf(HasSubstr("one.npz: x: "), HasSubstr("'>f4'")));
  EXPECT_THAT(message("{'descr': '|O', 'fortran_order': False, 'shape': (1,), }", "abcd"), HasSubstr("'|O'"));
  EXPECT_THAT(message("{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }", "abcd"),
              HasSubstr("the data have 4 bytes"));
  EXPECT_THAT(message("{'descr': '<f4', 'fortran_order': False, 'shape': (-1,), }", ""), HasSubstr("shape"));
  EXPECT_THAT(message("{'descr': '<f4', 'fortran_order': False, 'shape': (4294967296, 4294967296), }", ""),
              HasSubstr("the data have 0 bytes"));
  EXPECT_THAT(message("{'descr': '<f4', 'shape': (1,), }", "abcd"), HasSubstr("fortran_order"));
  EXPECT_THAT(error_of([] { read_one("no array"); }), HasSubstr("not a .npy array"));
}

TEST(NpzReading, OneNameTwiceIsAnError) {
  TemporaryFolder folder;
  const NpyArray array = NpyArray::scalar(1);
  write_npz(folder / "a.npz", {{"x", array}, {"y", array}}, false);
  std::string bytes = read_file(folder / "a.npz");
  for (size_t at; (at = bytes.find("y.npy")) != std::string::npos;) bytes[at] = 'x';
  write_file(folder / "a.npz", bytes);
  EXPECT_THAT(error_of([&] { read_npz(folder / "a.npz"); }), HasSubstr("a.npz: x: the array occurs twice"));
}

TEST(NpzReading, NoArchiveIsAnError) {
  TemporaryFolder folder;
  write_file(folder / "a.npz", std::string(1000, 'x'));
  EXPECT_THAT(error_of([&] { read_npz(folder / "a.npz"); }), HasSubstr("not a zip archive"));
  EXPECT_THAT(error_of([&] { read_npz(folder / "absent.npz"); }), HasSubstr("can't be read"));
}

// numpy.savez(x=numpy.arange(3, dtype='int8')) with the sizes moved to zip64 fields throughout, as NumPy's
// streaming writer and archives above 4 GiB have them.
TEST(NpzReading, Zip64Fields) {
  const auto number = [](uint64_t value, int width) {
    std::string out;
    for (int i = 0; i < width; ++i) out += static_cast<char>(value >> (8 * i));
    return out;
  };
  TemporaryFolder folder;
  const std::string member = npy("{'descr': '|i1', 'fortran_order': False, 'shape': (3,), }", "abc");
  write_zip(folder / "plain.npz", std::vector<ZipParts>{{"x.npy", {member, ""}}}, false);
  const std::string plain = read_file(folder / "plain.npz");
  const size_t directory = plain.find("PK\x01\x02"), end = plain.find("PK\x05\x06");
  const std::string size = plain.substr(directory + 24, 4) + std::string(4, '\0'), ones(4, '\xff');
  std::string entry = plain.substr(directory, end - directory);
  entry.replace(20, 8, ones + ones);
  entry.replace(30, 2, number(28, 2));
  entry.replace(42, 4, ones);
  entry += number(1, 2) + number(24, 2) + size + size + number(0, 8);
  std::string wide = plain.substr(0, directory) + entry;
  const size_t end64 = wide.size();
  wide += "PK\x06\x06" + number(44, 8) + number(45, 2) + number(45, 2) + number(0, 8) + number(1, 8) +
          number(1, 8) + number(entry.size(), 8) + number(directory, 8);
  wide += "PK\x06\x07" + number(0, 4) + number(end64, 8) + number(1, 4);
  wide += "PK\x05\x06" + number(0, 4) + std::string(12, '\xff') + number(0, 2);
  write_file(folder / "wide.npz", wide);
  EXPECT_EQ(read_npz(folder / "wide.npz").at("x").bytes, "abc");
}

TEST(NpyArray, ConvertsWhatFits) {
  EXPECT_EQ(NpyArray::from(counting<int8_t>({4})).as<float>()[3], 3.0f);
  EXPECT_EQ(NpyArray::from(Tensor<double>({1}, std::vector<double>{127})).as<int8_t>()[0], 127);
  EXPECT_EQ(NpyArray::from(Tensor<int64_t>({1}, std::vector<int64_t>{-5})).as<int32_t>()[0], -5);
  EXPECT_EQ(NpyArray::f16(Tensor<float>({1}, std::vector<float>{0.1f})).as<double>()[0], 0.0999755859375);
  EXPECT_EQ((NpyArray{DType::bf16, {1}, std::string("\x80\x3f", 2)}.as<float>()[0]), 1.0f);
  EXPECT_EQ((NpyArray{DType::boolean, {2}, std::string("\x00\x07", 2)}.as<uint8_t>()[1]), 1);
  EXPECT_EQ(NpyArray::scalar(3).as<int64_t>().shape(), Shape{1});
  EXPECT_EQ(NpyArray::scalar(3).as<int64_t>()[0], 3);
}

TEST(NpyArray, RefusesWhatWouldChange) {
  const auto doubles = [](double value) { return NpyArray::from(Tensor<double>({1}, std::span(&value, 1))); };
  EXPECT_THROW(doubles(0.5).as<int32_t>(), Error);
  EXPECT_THROW(doubles(128).as<int8_t>(), Error);
  EXPECT_THROW(doubles(-1).as<uint8_t>(), Error);
  EXPECT_THROW(doubles(0x1p63).as<int64_t>(), Error);
  EXPECT_EQ(doubles(-0x1p63).as<int64_t>()[0], std::numeric_limits<int64_t>::min());
  EXPECT_THROW(doubles(std::nan("")).as<int32_t>(), Error);
  EXPECT_THROW(doubles(1e300).as<float>(), Error);
  EXPECT_TRUE(std::isinf(doubles(INFINITY).as<float>()[0]));
  EXPECT_THROW(NpyArray::from(Tensor<int64_t>({1}, std::vector<int64_t>{1ll << 31})).as<int32_t>(), Error);
}

// Files that NumPy wrote: every array is whole and finite.
TEST(NpzGolden, ResultsOfTheReference) {
  const auto arrays = read_npz(test::kGolden / "jobs/ubq20_bare/result.npz");
  EXPECT_FALSE(arrays.empty());
  for (const auto& [name, array] : arrays) {
    const Tensor<double> values = array.as<double>();
    for (double value : values.values()) ASSERT_TRUE(std::isfinite(value)) << name;
  }
}

TEST(NpzGolden, HalfPrecisionEmbeddings) {
  const auto arrays =
      read_npz(test::kGolden / "e2e/e2e_ubq20/seed-3_embeddings/e2e_ubq20_seed-3_embeddings.npz");
  const NpyArray& pair = arrays.at("pair_embeddings");
  EXPECT_EQ(pair.dtype, DType::f16);
  EXPECT_EQ(pair.shape, (Shape{20, 20, 128}));
  EXPECT_EQ(NpyArray::f16(pair.as<float>()).bytes, pair.bytes);
}

}  // namespace
}  // namespace pleat
