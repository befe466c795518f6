#include "profile/forward.h"

#include <array>
#include <cstring>

#include "profile/traces.h"
#include "tests/profile/support.h"

namespace pleat::profile {
namespace {

using Four = std::array<float, 4>;

// Forward by HMMER's four lanes in plain loops: the states of each row.
class PlainForward {
 public:
  PlainForward(const Profile& profile, const LengthModel& model) : p_(profile), model_(model) {}

  float score(const Codes& target) {
    const int vectors = p_.vectors;
    m_.assign(vectors, {}), d_ = m_, i_ = m_;
    Specials x;
    x.n = 1, x.begin = model_.move;
    rows = {x};
    float logs = 0;
    for (const uint8_t code : target) {
      x.end = row(code, x.begin);
      x.n = x.n * model_.loop;
      x.c = x.c * model_.loop + x.end * model_.end_to_c;
      x.j = x.j * model_.loop + x.end * model_.end_to_j;
      x.begin = x.j * model_.move + x.n * model_.move;
      x.scale = 1;
      if (x.end > 1e4f) {
        x.scale = x.end;
        x.n /= x.end, x.c /= x.end, x.j /= x.end, x.begin /= x.end;
        const float factor = static_cast<float>(1.0 / x.end);
        for (auto* cells : {&m_, &d_, &i_})
          for (Four& v : *cells)
            for (float& cell : v) cell *= factor;
        logs = static_cast<float>(logs + std::log(static_cast<double>(x.end)));
        x.end = 1;
      }
      rows.push_back(x);
    }
    return static_cast<float>(logs + std::log(static_cast<double>(x.c * model_.move)));
  }

  std::vector<Specials> rows;

 private:
  float t(int q, int lane, Transition s) const { return p_.transition[(q * kTransitions + s) * 4 + lane]; }
  static Four up(const Four& v) { return {0, v[0], v[1], v[2]}; }

  float row(uint8_t code, float begin) {
    const int vectors = p_.vectors;
    Four m = up(m_[vectors - 1]), d = up(d_[vectors - 1]), i = up(i_[vectors - 1]), pending{}, ends{};
    for (int q = 0; q < vectors; ++q) {
      const Four old_m = m_[q], old_d = d_[q], old_i = i_[q];
      for (int r = 0; r < 4; ++r) {
        float s = begin * t(q, r, kBM);
        s += m[r] * t(q, r, kMM);
        s += i[r] * t(q, r, kIM);
        s += d[r] * t(q, r, kDM);
        s *= p_.odds[code][q * 4 + r];
        ends[r] += s;
        m_[q][r] = s;
        d_[q][r] = pending[r];
        pending[r] = s * t(q, r, kMD);
        i_[q][r] = old_m[r] * t(q, r, kMI) + old_i[r] * t(q, r, kII);
      }
      m = old_m, d = old_d, i = old_i;
    }
    deletes(pending);
    for (int q = 0; q < vectors; ++q)
      for (int r = 0; r < 4; ++r) ends[r] = d_[q][r] + ends[r];
    return (ends[0] + ends[1]) + (ends[2] + ends[3]);
  }

  void deletes(Four pending) {
    d_[0] = {};
    for (int pass = 0; pass < 4; ++pass) {
      pending = up(pending);
      bool grew = false;
      for (int q = 0; q < p_.vectors; ++q) {
        for (int r = 0; r < 4; ++r) {
          const float sum = d_[q][r] + pending[r];
          grew |= sum > d_[q][r];
          d_[q][r] = sum;
          pending[r] = (pass == 0 ? sum : pending[r]) * t(q, r, kDD);
        }
      }
      if (pass > 0 && p_.length >= 100 && !grew) break;
    }
  }

  const Profile& p_;
  const LengthModel model_;
  std::vector<Four> m_, d_, i_;
};

bool same(float a, float b) { return std::memcmp(&a, &b, sizeof a) == 0; }

void expect_same(const Specials& a, const Specials& b) {
  EXPECT_TRUE(same(a.end, b.end) && same(a.n, b.n) && same(a.j, b.j) && same(a.begin, b.begin) &&
              same(a.c, b.c) && same(a.scale, b.scale));
}

class Forward : public test::OnEveryVectorSet {
 protected:
  const FlushDenormals flush_;
};
PLEAT_ON_EVERY_VECTOR_SET(Forward);

const int kLengths[] = {1, 5, 8, 9, 64, 99, 100, 131, 500};

std::vector<Codes> targets_for(std::mt19937& random, const Codes& query) {
  std::vector<Codes> targets = {query, test::random_codes(random, 1), test::random_codes(random, 200)};
  for (const double identity : {0.3, 0.6, 0.9}) targets.push_back(test::relative(random, query, identity));
  return targets;
}

TEST_P(Forward, EqualsFourLanesInPlainLoops) {
  std::mt19937 random(3);
  for (const int length : kLengths) {
    const Codes query = test::random_query(random, length);
    const Profile profile(query);
    for (const Codes& target : targets_for(random, query)) {
      const Subject subject{target, LengthModel(static_cast<int>(target.size()), true)};
      Matrix matrix;
      float score = 0;
      forward(profile, {&subject, 1}, false, matrix, &score);
      PlainForward plain(profile, subject.model);
      ASSERT_TRUE(same(score, plain.score(target))) << length;
      for (size_t i = 0; i < plain.rows.size(); ++i)
        expect_same(matrix.special(0, static_cast<int>(i)), plain.rows[i]);
    }
  }
}

// All that comes out of one target or one among several, whole matrices and single rows.
struct Results {
  float score;
  std::vector<float> cells;
  std::vector<Specials> states;
  std::vector<float> null2;
  std::vector<int> path;
};

std::vector<Results> results(const Profile& profile, const std::vector<Subject>& subjects) {
  Matrix f, b, rows, back_rows;
  float scores[kMostTargets], row_scores[kMostTargets], null2[kMostTargets * kCodes];
  bool usable[kMostTargets], row_usable[kMostTargets];
  forward(profile, subjects, false, rows, row_scores);
  backward(profile, subjects, rows, false, back_rows, row_usable);
  forward(profile, subjects, true, f, scores);
  std::vector<Results> all(subjects.size());
  const auto keep = [&](const Matrix& m) {
    for (size_t t = 0; t < subjects.size(); ++t) {
      const int length = static_cast<int>(subjects[t].codes.size());
      for (int i = 0; i <= length; ++i) {
        all[t].states.push_back(m.special(static_cast<int>(t), i));
        if (!m.full || (i == 0 && &m == &b)) continue;
        for (int k = 1; k <= profile.length; ++k)
          for (const Cell cell : {kMatch, kDelete, kInsert})
            all[t].cells.push_back(m.at(static_cast<int>(t), i, k, cell));
      }
    }
  };
  keep(rows), keep(f), keep(back_rows);
  backward(profile, subjects, f, true, b, usable);
  keep(b);
  decode(subjects, f, b, usable);
  keep(b);
  null2_of_posteriors(profile, b, null2);
  optimal_fill(profile, subjects, b, f);
  keep(f);
  for (size_t t = 0; t < subjects.size(); ++t) {
    all[t].score = scores[t];
    EXPECT_TRUE(same(scores[t], row_scores[t]));
    all[t].null2.assign(null2 + t * kCodes, null2 + (t + 1) * kCodes);
    for (const Step& step : optimal_trace(profile, subjects[t].model, b, f, static_cast<int>(t)))
      all[t].path.insert(all[t].path.end(), {static_cast<int>(step.state), step.k, step.i});
  }
  return all;
}

TEST_P(Forward, GivesEachOfSeveralTargetsWhatItGivesOneAlone) {
  std::mt19937 random(5);
  for (const int length : kLengths) {
    const Codes query = test::random_query(random, length);
    const Profile profile(query);
    const std::vector<Codes> targets = targets_for(random, query);
    const size_t at_a_time = targets_at_a_time();
    ASSERT_GE(at_a_time, 2u);
    for (size_t from = 0; from < targets.size(); from += at_a_time) {
      std::vector<Subject> subjects;
      for (size_t t = from; t < std::min(targets.size(), from + at_a_time); ++t)
        subjects.push_back({targets[t], LengthModel(static_cast<int>(targets[t].size()), t % 2 == 0)});
      const std::vector<Results> together = results(profile, subjects);
      for (size_t t = 0; t < subjects.size(); ++t) {
        const Results alone = results(profile, {subjects[t]})[0];
        ASSERT_TRUE(same(together[t].score, alone.score));
        ASSERT_EQ(together[t].cells, alone.cells) << length;
        ASSERT_EQ(together[t].null2, alone.null2);
        ASSERT_EQ(together[t].path, alone.path);
        ASSERT_EQ(together[t].states.size(), alone.states.size());
        for (size_t i = 0; i < alone.states.size(); ++i) expect_same(together[t].states[i], alone.states[i]);
      }
    }
  }
}

}  // namespace
}  // namespace pleat::profile
