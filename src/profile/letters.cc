#include "profile/letters.h"

#include "profile/alphabet.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "profile/letters.cc"
#include "hwy/foreach_target.h"
// After foreach_target.
#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace pleat::profile::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

// `table` has the codes of A to Z.
Decoded decode_letters(const char* text, size_t count, const uint8_t* table, uint8_t* codes) {
  const hn::ScalableTag<uint8_t> d;
  const auto low = hn::LoadDup128(d, table), high = hn::LoadDup128(d, table + 16);
  const size_t lanes = hn::Lanes(d);
  size_t at = 0, written = 0;
  while (at < count) {
    const auto bytes = hn::LoadU(d, reinterpret_cast<const uint8_t*>(text) + at);
    const auto letter = hn::Sub(hn::And(bytes, hn::Set(d, 0xDF)), hn::Set(d, 'A'));
    const auto is_letter = hn::Eq(hn::Min(letter, hn::Set(d, 25)), letter);
    const auto first = hn::Eq(hn::Min(letter, hn::Set(d, 15)), letter);
    const auto index = hn::And(letter, hn::Set(d, 15));
    hn::StoreU(hn::IfThenElse(first, hn::TableLookupBytes(low, index), hn::TableLookupBytes(high, index)), d,
               codes + written);
    const intptr_t other = hn::FindFirstTrue(d, hn::Not(is_letter));
    size_t letters = other < 0 ? lanes : static_cast<size_t>(other);
    if (letters > count - at) letters = count - at;
    at += letters, written += letters;
    if (other < 0 || at == count) continue;
    const char byte = text[at];
    if (byte != '\n' && byte != '\r' && byte != ' ' && byte != '\t') break;
    ++at;
    if (byte == '\n' && at < count && text[at] == '>') break;
  }
  return {at, written};
}

}  // namespace pleat::profile::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace pleat::profile {
namespace {

HWY_EXPORT(decode_letters);

struct alignas(64) LetterTable {
  LetterTable() {
    for (int i = 0; i < 26; ++i) codes[i] = fasta_codes()['A' + i];
  }
  uint8_t codes[32] = {};
};

}  // namespace

Decoded decode_letters(const char* text, size_t count, uint8_t* codes) {
  static const LetterTable table;
  return HWY_DYNAMIC_DISPATCH(decode_letters)(text, count, table.codes, codes);
}

}  // namespace pleat::profile
#endif  // HWY_ONCE
