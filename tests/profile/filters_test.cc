#include "profile/filters.h"

#include <cstdlib>

#include "tests/profile/support.h"

namespace pleat::profile {
namespace {

using test::random_codes;
using test::relative;

class Filters : public test::OnEveryVectorSet {};
PLEAT_ON_EVERY_VECTOR_SET(Filters);

// One node; vectors that are full, one short and one over; several bands of registers.
const int kLengths[] = {1,  2,   15,  16,  17,  31,  32,  33,  63,   64,   65,
                        76, 127, 130, 255, 256, 300, 400, 777, 1000, 1600, 2500};

// Random targets, relatives of the query, the query itself (which overflows) and a repeat of it.
std::vector<Codes> targets_for(std::mt19937& random, const Codes& query) {
  std::vector<Codes> targets = {{}, query};
  for (const int length : {1, 2, 3, 31, 100, 333, 1500}) targets.push_back(random_codes(random, length));
  for (const double identity : {0.2, 0.3, 0.4, 0.5, 0.7, 0.95})
    targets.push_back(relative(random, query, identity));
  Codes repeat = relative(random, query, 0.4);
  repeat.insert(repeat.end(), query.begin(), query.end());
  targets.push_back(repeat);
  return targets;
}

TEST_P(Filters, EqualThePlainLoops) {
  std::mt19937 random(7);
  for (const int length : kLengths) {
    const Codes query = test::random_query(random, length);
    const Profile profile(query);
    for (const Codes& target : targets_for(random, query)) {
      const LengthModel model(static_cast<int>(target.size()), true);
      const int raw = test::scalar_best_segment(profile, target);
      const int found = best_segment(profile, target);
      // Where segments overflow, only that they do is known.
      ASSERT_EQ(std::min(found, 255 - profile.bias), std::min(raw, 255 - profile.bias)) << length;
      ASSERT_EQ(msv_filter(profile, model, target), test::scalar_msv(profile, model, target)) << length;
      ASSERT_EQ(viterbi_filter(profile, model, target), test::scalar_viterbi(profile, model, target))
          << length;
    }
  }
}

// Rounds by PLEAT_FILTER_PAIRS, for long runs.
TEST_P(Filters, RejectNoTargetThatReachesTheThreshold) {
  const char* pairs = std::getenv("PLEAT_FILTER_PAIRS");
  const long rounds = pairs ? std::atol(pairs) : 20000;
  std::mt19937 random(11);
  std::uniform_int_distribution<int> lengths(1, 130), change(0, 3);
  long survivors = 0, reaching = 0, done = 0;
  while (done < rounds) {
    const Codes query = test::random_query(random, lengths(random));
    const Profile profile(query);
    for (int t = 0; t < 200; ++t, ++done) {
      const Codes target = change(random) == 0 ? relative(random, query, 0.1 * change(random) + 0.2)
                                               : random_codes(random, lengths(random));
      const int raw = best_segment(profile, target);
      const int most = std::min(raw + 12, 255 - profile.bias);
      for (int threshold = std::max(129, raw - 2); threshold <= most; ++threshold) {
        const bool survives = may_reach(profile, target, threshold);
        ASSERT_TRUE(survives || raw < threshold) << "raw " << raw << " threshold " << threshold;
        survivors += survives, reaching += raw >= threshold;
      }
    }
  }
  EXPECT_GT(reaching, 0);
  EXPECT_LT(survivors, rounds * 15);
}

}  // namespace
}  // namespace pleat::profile
