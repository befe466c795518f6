#include "search/template_hit.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <map>

#include "base/error.h"
#include "base/text.h"
#include "input/fasta.h"

namespace pleat::search {
namespace {

bool is_word(char c) { return is_letter(c) || is_digit(c) || c == '_'; }

// Removes and returns the leading characters of `text` that satisfy `wanted`.
std::string_view take_while(std::string_view& text, bool (*wanted)(char)) {
  const auto end = std::find_if_not(text.begin(), text.end(), wanted);
  const std::string_view taken = text.substr(0, static_cast<size_t>(end - text.begin()));
  text.remove_prefix(taken.size());
  return taken;
}

bool take(std::string_view& text, std::string_view expected) {
  if (!text.starts_with(expected)) return false;
  text.remove_prefix(expected.size());
  return true;
}

bool read_number(std::string_view digits, int& value) {
  const auto [end, status] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  return !digits.empty() && status == std::errc() && end == digits.data() + digits.size();
}

// The number after the last " length:" that is followed by a whole number.
bool read_length(std::string_view text, int& length) {
  constexpr std::string_view kKey = " length:";
  for (size_t at = text.rfind(kKey); at != text.npos; at = at == 0 ? text.npos : text.rfind(kKey, at - 1)) {
    std::string_view rest = text.substr(at + kKey.size());
    const std::string_view digits = take_while(rest, is_digit);
    if ((rest.empty() || !is_word(rest.front())) && read_number(digits, length)) return true;
  }
  return false;
}

bool read_header(std::string_view header, TemplateHit& hit) {
  const auto is_id = [](char c) { return is_lower(c) || is_digit(c); };
  int from = 0;
  hit.pdb_id = take_while(header, is_id);
  if (hit.pdb_id.size() < 4 || !take(header, "_")) return false;
  hit.author_chain = take_while(header, is_word);
  if (hit.author_chain.empty() || !take(header, "/")) return false;
  if (!read_number(take_while(header, is_digit), from) || !take(header, "-")) return false;
  if (!read_number(take_while(header, is_digit), hit.end) || !take(header, " ")) return false;
  hit.begin = from - 1;
  return read_length(header, hit.full_length);
}

// Query residues and the hit's residues, counted from the hit's first.
ResidueMap map_to_hit(const std::string& row) {
  ResidueMap map;
  int query = 0, hit = 0;
  for (const char c : row) {
    if (is_upper(c)) map.emplace_back(query, hit);
    if (is_upper(c) || c == '-') ++query;
    if (is_letter(c)) ++hit;
  }
  return map;
}

struct Walk {
  std::map<int, int> structure_of_hit;
  int matches = 0;
};

// Walks along both letter by letter. At a mismatch skips the fewest letters of `hit` (at most `gaps` in all)
// that let the structure's letter match, or none if no number does.
Walk walk(std::string_view hit, std::string_view structure, int gaps) {
  Walk result;
  size_t i = 0;
  for (size_t j = 0; i < hit.size() && j < structure.size(); ++i, ++j) {
    const size_t found = hit.substr(i, static_cast<size_t>(gaps) + 1).find(structure[j]);
    if (found != std::string_view::npos) {
      i += found;
      gaps -= static_cast<int>(found);
    }
    result.structure_of_hit[static_cast<int>(i)] = static_cast<int>(j);
    result.matches += hit[i] == structure[j];
  }
  return result;
}

// The part of [begin, end) that lies within `text`.
std::string_view piece(std::string_view text, int begin, int end) {
  const size_t first = std::min(static_cast<size_t>(begin), text.size());
  return text.substr(first, std::max(static_cast<size_t>(end), first) - first);
}

ResidueMap realign(const TemplateHit& hit, const std::string& structure, const ResidueMap& map) {
  const std::string residues = hit.residues();
  const int gaps = hit.full_length - static_cast<int>(structure.size());
  Walk best;
  int best_begin = 0;
  best.matches = -1;
  for (int before = 0; before <= std::min(hit.begin, gaps); ++before) {
    const int begin = hit.begin - before;
    Walk tried = walk(residues, piece(structure, begin, hit.end - before), gaps - before);
    if (tried.matches < best.matches) continue;  // of equals, the one with more leading gaps
    best = std::move(tried);
    best_begin = begin;
  }
  ResidueMap realigned;
  for (const auto& [query, residue] : map) {
    const auto found = best.structure_of_hit.find(residue);
    if (found != best.structure_of_hit.end()) realigned.emplace_back(query, found->second + best_begin);
  }
  return realigned;
}

}  // namespace

bool is_header_of_template(std::string_view header) {
  const size_t space = std::min(header.find_first_of(" \t"), header.size());
  const std::string_view description = stripped(header.substr(space));
  TemplateHit hit;
  return read_header(fmt::format("{}/1-1 [subseq from] {}", header.substr(0, space), description), hit);
}

std::string TemplateHit::residues() const {
  std::string out;
  for (const char c : row) {
    if (c != '-') out += upper_case(c);
  }
  return out;
}

TemplateHit parse_template_hit(const std::string& header, const std::string& row) {
  TemplateHit hit;
  if (!read_header(header, hit)) {
    throw Error("template hit '" + header + "'", "the header is not PDBID_CHAIN/FROM-TO ... length:N",
                "Search the PDB's pdb_seqres file, with headers '1abc_A mol:protein length:100  Name'.");
  }
  hit.row = row;
  const int length = static_cast<int>(hit.residues().size());
  if (hit.begin < 0 || hit.end - hit.begin != length) {
    throw Error("template hit '" + header + "'", "the row has " + std::to_string(length) +
                                                     " residues, but the range in the header another number");
  }
  return hit;
}

std::optional<ResidueMap> map_to_structure(const TemplateHit& hit, const std::string& structure) {
  ResidueMap map = map_to_hit(hit.row);
  const int length = static_cast<int>(structure.size());
  if (hit.full_length != length && piece(structure, hit.begin, hit.end) != hit.residues()) {
    if (hit.full_length < length) return std::nullopt;
    return realign(hit, structure, map);
  }
  for (auto& residue : map) residue.second += hit.begin;
  if (!map.empty() && map.back().second >= length) return std::nullopt;
  return map;
}

}  // namespace pleat::search
