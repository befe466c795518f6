#include "profile/alphabet.h"

#include <cctype>

#include "base/text.h"

namespace pleat::profile {
namespace {

std::array<uint8_t, 256> make_codes() {
  std::array<uint8_t, 256> codes;
  codes.fill(kIllegal);
  for (size_t i = 0; i < kLetters.size(); ++i) {
    if (kLetters[i] == '-' || kLetters[i] == '~') continue;
    codes[static_cast<uint8_t>(kLetters[i])] = static_cast<uint8_t>(i);
    codes[static_cast<uint8_t>(lower_case(kLetters[i]))] = static_cast<uint8_t>(i);
  }
  codes['.'] = codes['_'] = kGapCode;
  for (const char c : {' ', '\t', '\r', '\n'}) codes[static_cast<uint8_t>(c)] = kIgnored;
  return codes;
}

std::array<std::vector<int>, kCodes> make_members() {
  std::array<std::vector<int>, kCodes> sets;
  for (int i = 0; i < kResidues; ++i) {
    sets[i] = {i};
    sets[kAnyCode].push_back(i);
  }
  const auto code = [](char letter) { return static_cast<int>(kLetters.find(letter)); };
  sets[code('B')] = {code('D'), code('N')};
  sets[code('J')] = {code('I'), code('L')};
  sets[code('Z')] = {code('E'), code('Q')};
  sets[code('O')] = {code('K')};
  sets[code('U')] = {code('C')};
  return sets;
}

}  // namespace

const std::array<uint8_t, 256>& fasta_codes() {
  static const auto codes = make_codes();
  return codes;
}

const std::vector<int>& members(int code) {
  static const auto sets = make_members();
  return sets[code];
}

const std::array<float, kResidues>& background() {
  static const std::array<float, kResidues> frequencies = {
      .0787945f, .0151600f, .0535222f, .0668298f, .0397062f, .0695071f, .0229198f,
      .0590092f, .0594422f, .0963728f, .0237718f, .0414386f, .0482904f, .0395639f,
      .0540978f, .0683364f, .0540687f, .0673417f, .0114135f, .0304133f};
  return frequencies;
}

}  // namespace pleat::profile
