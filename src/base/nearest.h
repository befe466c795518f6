// Finds the known word that a misspelt word most likely means.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace pleat {

// The entry of `known` with the fewest edits (insertions, deletions, replacements; case ignored) from `word`,
// when that is at most a third of the longer one's length, rounded up; the first of equals. Empty when
// nothing is near.
std::string nearest(std::string_view word, const std::vector<std::string>& known);

// "Did you mean 'X'?" for the nearest entry, empty when nothing is near.
std::string did_you_mean(std::string_view word, const std::vector<std::string>& known);

}  // namespace pleat
