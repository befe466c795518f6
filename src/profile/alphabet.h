// Protein letters as HMMER codes them: 20 amino acids, then gap, degenerate letters, '*' and '~'.
// docs/specs/hmmer-search.md, section 1.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

namespace pleat::profile {

inline constexpr int kResidues = 20, kCodes = 29, kGapCode = 20, kAnyCode = 26, kStopCode = 27,
                     kMissingCode = 28;
inline constexpr std::string_view kLetters = "ACDEFGHIKLMNPQRSTVWY-BJZOUX*~";
inline constexpr uint8_t kIgnored = 254, kIllegal = 255;

// The code of each byte of a FASTA sequence line; kIgnored for white space, kIllegal for bytes that HMMER
// refuses.
const std::array<uint8_t, 256>& fasta_codes();

// The amino acids of a code: one, several (degenerate) or none (gap, '*', '~').
const std::vector<int>& members(int code);

// Frequencies of the amino acids in proteins.
const std::array<float, kResidues>& background();

}  // namespace pleat::profile
