// Damaged inputs are either read or refused with an Error; nothing else may happen.
#include <random>

#include "tests/input/support.h"

namespace pleat::input {
namespace {

// One to four random edits: a byte changed, a stretch removed, doubled, or replaced by a piece of JSON.
std::string damaged(std::string text, std::mt19937& random) {
  const std::vector<std::string> pieces = {"null",   "[]", "{}", "-1",      "1e308", "\"\"",
                                           "\"id\"", "[[", "}}", "\\u0000", "true",  ","};
  const auto below = [&](size_t limit) { return random() % limit; };
  for (size_t edits = 1 + below(4); edits > 0 && !text.empty(); --edits) {
    const size_t at = below(text.size());
    const size_t length = std::min<size_t>(1 + below(20), text.size() - at);
    switch (below(4)) {
      case 0:
        text[at] = static_cast<char>(below(256));
        break;
      case 1:
        text.erase(at, length);
        break;
      case 2:
        text.insert(at, text.substr(at, length));
        break;
      default:
        text.replace(at, length, pieces[below(pieces.size())]);
    }
  }
  return text;
}

TEST_F(InputTest, DamagedInputsNeverCrash) {
  std::mt19937 random(1);
  const std::string job = full_job().dump();
  int refused = 0;
  for (int round = 0; round < 2000; ++round) {
    const std::string text = damaged(job, random);
    try {
      for (const FoldInput& input : read(text)) to_json(input);
    } catch (const Error& error) {
      ++refused;
      EXPECT_FALSE(error.where().empty()) << text;
    }
  }
  EXPECT_GT(refused, 1000);
}

}  // namespace
}  // namespace pleat::input
