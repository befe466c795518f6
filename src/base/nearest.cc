#include "base/nearest.h"

#include <algorithm>
#include <cctype>
#include <numeric>

#include "base/text.h"

namespace pleat {
namespace {

bool same_letter(char a, char b) { return lower_case(a) == lower_case(b); }

// Levenshtein's distance, one row of the table at a time.
size_t edits(std::string_view a, std::string_view b) {
  std::vector<size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), size_t{0});
  for (size_t i = 0; i < a.size(); ++i) {
    size_t diagonal = row[0];
    row[0] = i + 1;
    for (size_t j = 0; j < b.size(); ++j) {
      const size_t replaced = diagonal + (same_letter(a[i], b[j]) ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({replaced, row[j] + 1, diagonal + 1});
    }
  }
  return row.back();
}

}  // namespace

std::string nearest(std::string_view word, const std::vector<std::string>& known) {
  constexpr size_t kLongestWord = 64;  // limits the table
  if (word.size() > kLongestWord) return "";
  std::string best;
  size_t fewest = 0;
  for (const std::string& candidate : known) {
    const size_t distance = edits(word, candidate);
    const size_t allowed = (std::max(word.size(), candidate.size()) + 2) / 3;
    if (distance <= allowed && (best.empty() || distance < fewest)) {
      best = candidate;
      fewest = distance;
    }
  }
  return best;
}

std::string did_you_mean(std::string_view word, const std::vector<std::string>& known) {
  const std::string meant = nearest(word, known);
  return meant.empty() ? "" : "Did you mean '" + meant + "'?";
}

}  // namespace pleat
