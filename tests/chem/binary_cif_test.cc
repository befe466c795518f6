// BinaryCIF, decoded as its specification says.
#include "chem/binary_cif.h"

#include <gmock/gmock.h>

#include <cmath>
#include <nlohmann/json.hpp>

namespace pleat::chem {
namespace {

using nlohmann::json;
using ::testing::ElementsAre;
using Numbers = std::vector<double>;

Numbers from_bytes(const json& data, int type) {
  const auto& bytes = data.get_binary();
  const size_t width = type == 1 || type == 4 ? 1 : type == 2 || type == 5 ? 2 : 4;
  Numbers found;
  for (size_t i = 0; i < bytes.size(); i += width) {
    int64_t value = 0;
    for (size_t k = 0; k < width; ++k) value |= static_cast<int64_t>(bytes[i + k]) << (8 * k);
    const bool is_signed = type <= 3;
    if (is_signed && value >> (8 * width - 1)) value -= int64_t{1} << (8 * width);
    found.push_back(static_cast<double>(value));
  }
  return found;
}

Numbers unpacked(const Numbers& values, const json& encoding) {
  const bool is_unsigned = encoding["isUnsigned"];
  const double most = std::pow(2, 8 * encoding["byteCount"].get<int>() - (is_unsigned ? 0 : 1)) - 1;
  const double least = is_unsigned ? 0 : -most - 1;
  Numbers found;
  double sum = 0;
  for (const double value : values) {
    sum += value;
    if (value == most || (!is_unsigned && value == least)) continue;
    found.push_back(sum);
    sum = 0;
  }
  EXPECT_EQ(found.size(), encoding["srcSize"]);
  return found;
}

Numbers decoded(const json& data, const json& encodings) {
  Numbers values;
  for (auto encoding = encodings.rbegin(); encoding != encodings.rend(); ++encoding) {
    const std::string kind = (*encoding)["kind"];
    Numbers next;
    if (kind == "ByteArray") {
      next = from_bytes(data, (*encoding)["type"]);
    } else if (kind == "IntegerPacking") {
      next = unpacked(values, *encoding);
    } else if (kind == "RunLength") {
      for (size_t i = 0; i < values.size(); i += 2)
        next.insert(next.end(), static_cast<size_t>(values[i + 1]), values[i]);
      EXPECT_EQ(next.size(), (*encoding)["srcSize"]);
    } else if (kind == "Delta") {
      double sum = (*encoding)["origin"];
      for (const double value : values) next.push_back(sum += value);
    } else if (kind == "FixedPoint") {
      for (const double value : values) next.push_back(value / (*encoding)["factor"].get<double>());
    }
    values = next;
  }
  return values;
}

std::vector<std::string> decoded_texts(const json& column) {
  const json& encoding = column["data"]["encoding"][0];
  EXPECT_EQ(encoding["kind"], "StringArray");
  const Numbers offsets = decoded(encoding["offsets"], encoding["offsetEncoding"]);
  std::vector<std::string> found;
  for (const double row : decoded(column["data"]["data"], encoding["dataEncoding"])) {
    if (row < 0) {
      found.emplace_back();
      continue;
    }
    const auto from = static_cast<size_t>(offsets[static_cast<size_t>(row)]);
    const auto to = static_cast<size_t>(offsets[static_cast<size_t>(row) + 1]);
    found.push_back(encoding["stringData"].get<std::string>().substr(from, to - from));
  }
  return found;
}

// The one column of a category with these values.
json encoded(const std::vector<std::string>& values) {
  const CifCategory category("_x", {{"key", values}});
  const json file = json::from_msgpack(binary_cif("name", {category}, "test"));
  EXPECT_EQ(file["version"], "0.3.0");
  EXPECT_EQ(file["dataBlocks"][0]["header"], "name");
  EXPECT_EQ(file["dataBlocks"][0]["categories"][0]["rowCount"], values.size());
  return file["dataBlocks"][0]["categories"][0]["columns"][0];
}

Numbers round_trip(const std::vector<std::string>& values) {
  const json column = encoded(values);
  EXPECT_TRUE(column["mask"].is_null());
  return decoded(column["data"]["data"], column["data"]["encoding"]);
}

TEST(BinaryCifTest, IntegersOfAllSizesComeBack) {
  EXPECT_THAT(round_trip({"5"}), ElementsAre(5));
  EXPECT_THAT(round_trip({"0", "255", "256", "65535", "-1", "2147483647", "-2147483648"}),
              ElementsAre(0, 255, 256, 65535, -1, 2147483647, -2147483648.0));
  EXPECT_THAT(round_trip({"127", "0", "-128", "0", "254", "381"}), ElementsAre(127, 0, -128, 0, 254, 381));
  EXPECT_THAT(round_trip({"7", "7", "7", "7", "7"}), ElementsAre(7, 7, 7, 7, 7));
}

TEST(BinaryCifTest, DecimalsComeBack) {
  EXPECT_THAT(round_trip({"1.250", "-0.004", "-0.000", "9999.999"}), ElementsAre(1.25, -0.004, 0, 9999.999));
  EXPECT_THAT(round_trip({"1.00", "70.89"}), ElementsAre(1, 70.89));
}

TEST(BinaryCifTest, TextComesBackAndMasksTellWhatIsAbsent) {
  EXPECT_THAT(decoded_texts(encoded({"CA", "O5'", "CA", ""})), ElementsAre("CA", "O5'", "CA", ""));
  for (const char* text : {"007", "1.5e3", "-0", "1.", "99999999999", "+1", "1.2345"})
    EXPECT_THAT(decoded_texts(encoded({text})), ElementsAre(text));
  const json column = encoded({"1", ".", "?", "4"});
  EXPECT_THAT(decoded(column["mask"]["data"], column["mask"]["encoding"]), ElementsAre(0, 1, 2, 0));
  EXPECT_THAT(decoded(column["data"]["data"], column["data"]["encoding"]), ElementsAre(1, 0, 0, 4));
}

}  // namespace
}  // namespace pleat::chem
