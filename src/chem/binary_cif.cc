#include "chem/binary_cif.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <limits>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>

namespace pleat::chem {
namespace {

using nlohmann::json;
using Integers = std::vector<int32_t>;

// The specification's numbers of types.
enum class Type { int8 = 1, int16 = 2, int32 = 3, uint8 = 4, uint16 = 5, float64 = 33 };

// The bytes of `values` as T, little-endian.
template <class T>
json bytes_of(const Integers& values) {
  std::vector<uint8_t> bytes;
  for (const int32_t value : values) {
    const auto unsigned_value = static_cast<uint32_t>(value);
    for (size_t k = 0; k < sizeof(T); ++k) bytes.push_back(static_cast<uint8_t>(unsigned_value >> (8 * k)));
  }
  return json::binary(std::move(bytes));
}

json byte_array(Type type) { return {{"kind", "ByteArray"}, {"type", static_cast<int>(type)}}; }

// What a column's data becomes, and the encodings that made it, first one first.
struct Encoded {
  json data, encoding = json::array();

  json as_json() const { return {{"data", data}, {"encoding", encoding}}; }
};

// Each value in as many elements of the packed type as its size takes: its limit means that the next element is added.
struct Packing {
  Type type;
  int32_t least, most;
  int bytes;
};

size_t packed_size(const Integers& values, const Packing& packing) {
  size_t size = 0;
  for (const int32_t value : values) {
    const int64_t limit = value < 0 ? packing.least : packing.most;
    size += static_cast<size_t>(limit == 0 ? std::numeric_limits<int32_t>::max() : value / limit + 1);
  }
  return size;
}

Integers packed(const Integers& values, const Packing& packing) {
  Integers found;
  for (int32_t value : values) {
    const bool negative = value < 0;
    const int32_t limit = negative ? packing.least : packing.most;
    for (; negative ? value <= limit : value >= limit; value -= limit) found.push_back(limit);
    found.push_back(value);
  }
  return found;
}

void pack_integers(const Integers& values, Encoded& column) {
  const bool is_unsigned =
      std::all_of(values.begin(), values.end(), [](int32_t value) { return value >= 0; });
  const Packing small = is_unsigned ? Packing{Type::uint8, 0, 0xFF, 1} : Packing{Type::int8, -0x80, 0x7F, 1};
  const Packing medium =
      is_unsigned ? Packing{Type::uint16, 0, 0xFFFF, 2} : Packing{Type::int16, -0x8000, 0x7FFF, 2};
  const size_t bytes_small = packed_size(values, small), bytes_medium = 2 * packed_size(values, medium);
  if (std::min(bytes_small, bytes_medium) >= 4 * values.size()) {
    column.encoding.push_back(byte_array(Type::int32));
    column.data = bytes_of<int32_t>(values);
    return;
  }
  const Packing& chosen = bytes_small <= bytes_medium ? small : medium;
  column.encoding.push_back({{"kind", "IntegerPacking"},
                             {"byteCount", chosen.bytes},
                             {"srcSize", values.size()},
                             {"isUnsigned", is_unsigned}});
  column.encoding.push_back(byte_array(chosen.type));
  const Integers elements = packed(values, chosen);
  column.data = chosen.bytes == 1 ? bytes_of<int8_t>(elements) : bytes_of<int16_t>(elements);
}

// Each value less the one before it, the first one 0; nullopt where a difference takes more than 32 bits.
std::optional<Integers> differences(const Integers& values) {
  Integers found = {0};
  for (size_t i = 1; i < values.size(); ++i) {
    const int64_t difference = int64_t{values[i]} - values[i - 1];
    if (difference != static_cast<int32_t>(difference)) return std::nullopt;
    found.push_back(static_cast<int32_t>(difference));
  }
  return found;
}

// Differences, then pairs of value and count, where that is shorter, then packing.
void encode_integers(Integers values, Encoded& column) {
  if (const auto found = differences(values); found && values.size() > 1) {
    column.encoding.push_back(
        {{"kind", "Delta"}, {"origin", values[0]}, {"srcType", static_cast<int>(Type::int32)}});
    values = *found;
  }
  Integers runs;
  for (size_t i = 0; i < values.size();) {
    size_t end = i + 1;
    while (end < values.size() && values[end] == values[i]) ++end;
    runs.insert(runs.end(), {values[i], static_cast<int32_t>(end - i)});
    i = end;
  }
  if (runs.size() < values.size()) {
    column.encoding.push_back(
        {{"kind", "RunLength"}, {"srcType", static_cast<int>(Type::int32)}, {"srcSize", values.size()}});
    values = std::move(runs);
  }
  pack_integers(values, column);
}

bool is_absent(const std::string& value) { return value == "." || value == "?"; }

// The value without its point; nullopt where it is no number as printf prints one with this count of decimals, or
// takes more than 32 bits.
std::optional<int32_t> scaled(std::string_view text, size_t decimals) {
  std::string digits(text);
  if (decimals > 0) {
    if (digits.size() < decimals + 2 || digits[digits.size() - decimals - 1] != '.') return std::nullopt;
    digits.erase(digits.size() - decimals - 1, 1);
  }
  const bool negative = digits.starts_with('-');
  const std::string_view magnitude = std::string_view(digits).substr(negative ? 1 : 0);
  const bool padded = magnitude.size() > decimals + 1 && magnitude[0] == '0';
  const bool minus_zero = decimals == 0 && negative && magnitude.find_first_not_of('0') == magnitude.npos;
  if (padded || minus_zero) return std::nullopt;
  int32_t value = 0;
  const auto [end, status] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (status != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
  return value;
}

// All present values, scaled, others 0; nullopt where one is no such number or none is there.
std::optional<Integers> scaled_column(const std::vector<std::string>& values, size_t decimals) {
  Integers found;
  bool any = false;
  for (const std::string& value : values) {
    if (is_absent(value)) {
      found.push_back(0);
      continue;
    }
    const std::optional<int32_t> number = scaled(value, decimals);
    if (!number) return std::nullopt;
    found.push_back(*number);
    any = true;
  }
  return any ? std::optional(found) : std::nullopt;
}

Encoded encode_numbers(const Integers& values, size_t decimals) {
  Encoded column;
  if (decimals > 0)
    column.encoding.push_back({{"kind", "FixedPoint"},
                               {"factor", std::pow(10, decimals)},
                               {"srcType", static_cast<int>(Type::float64)}});
  encode_integers(values, column);
  return column;
}

// Each distinct text once, and which of them each row has; -1 stands for none.
Encoded encode_texts(const std::vector<std::string>& values) {
  std::map<std::string, int32_t> known;
  std::string texts;
  Integers offsets = {0}, rows;
  for (const std::string& value : values) {
    if (is_absent(value)) {
      rows.push_back(-1);
      continue;
    }
    const auto [found, is_new] = known.emplace(value, static_cast<int32_t>(known.size()));
    rows.push_back(found->second);
    if (!is_new) continue;
    texts += value;
    // Readers count characters, not bytes.
    offsets.push_back(offsets.back() +
                      static_cast<int32_t>(std::count_if(value.begin(), value.end(),
                                                         [](char c) { return (c & 0xC0) != 0x80; })));
  }
  Encoded of_rows, of_offsets;
  encode_integers(rows, of_rows);
  encode_integers(offsets, of_offsets);
  Encoded column;
  column.data = of_rows.data;
  column.encoding.push_back({{"kind", "StringArray"},
                             {"dataEncoding", of_rows.encoding},
                             {"stringData", texts},
                             {"offsetEncoding", of_offsets.encoding},
                             {"offsets", of_offsets.data}});
  return column;
}

// 0 where a row has a value, 1 for '.', 2 for '?'; null where all have one.
json mask_of(const std::vector<std::string>& values) {
  if (std::none_of(values.begin(), values.end(), is_absent)) return nullptr;
  Integers mask;
  for (const std::string& value : values) mask.push_back(value == "." ? 1 : value == "?" ? 2 : 0);
  Encoded column;
  encode_integers(mask, column);
  return column.as_json();
}

json column_of(const CifCategory::Column& column) {
  const auto encoded = [&] {
    for (size_t decimals = 0; decimals <= 3; ++decimals)
      if (const auto numbers = scaled_column(column.values, decimals))
        return encode_numbers(*numbers, decimals);
    return encode_texts(column.values);
  };
  return {{"name", column.key}, {"data", encoded().as_json()}, {"mask", mask_of(column.values)}};
}

}  // namespace

std::string binary_cif(const std::string& block, const std::vector<CifCategory>& categories,
                       const std::string& encoder) {
  json written = json::array();
  for (const CifCategory* category : in_file_order(categories)) {
    if (category->rows() == 0) continue;
    json columns = json::array();
    for (const CifCategory::Column& column : category->columns()) columns.push_back(column_of(column));
    written.push_back({{"name", category->name()}, {"rowCount", category->rows()}, {"columns", columns}});
  }
  const json file = {{"version", "0.3.0"},
                     {"encoder", encoder},
                     {"dataBlocks", json::array({{{"header", block}, {"categories", written}}})}};
  std::string bytes;
  json::to_msgpack(file, bytes);
  return bytes;
}

}  // namespace pleat::chem
