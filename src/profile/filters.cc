#include "profile/filters.h"

#include <emmintrin.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace pleat::profile {
namespace {

constexpr int kBase = 190, kEndCost = 3, kLanes = 16;
constexpr float kInfinity = std::numeric_limits<float>::infinity();
constexpr int kWordBase = 12000, kNever = -32768, kCeiling = 32767;

int max_byte(__m128i v) {
  alignas(16) uint8_t bytes[kLanes];
  _mm_store_si128(reinterpret_cast<__m128i*>(bytes), v);
  return *std::max_element(bytes, bytes + kLanes);
}

__m128i load(const void* from) { return _mm_loadu_si128(static_cast<const __m128i*>(from)); }

float byte_score(const Profile& profile, const LengthModel& model, int jump) {
  float score = static_cast<float>(jump - model.tjb) - static_cast<float>(kBase);
  score /= profile.scale_b;
  return score - 3.0f;
}

// The best ungapped segment: the highest byte of all cells, of which 128 is the floor.
int ssv_raw(const std::vector<std::vector<uint8_t>>& costs, const Codes& target) {
  const int width = static_cast<int>(costs[0].size());
  std::vector<uint8_t> cells(width + 1, 128);  // cells[0] is the start of every diagonal
  __m128i best = _mm_set1_epi8(-128);
  for (const uint8_t code : target) {
    const uint8_t* cost = costs[code].data();
    for (int k = width - kLanes; k >= 0; k -= kLanes) {
      const __m128i cell = _mm_subs_epi8(load(&cells[k]), load(cost + k));
      best = _mm_max_epu8(best, cell);
      _mm_storeu_si128(reinterpret_cast<__m128i*>(&cells[k + 1]), cell);
    }
  }
  return max_byte(best);
}

float full_msv(const Profile& profile, const LengthModel& model, const Codes& target) {
  const auto& costs = profile.padded_cost;
  const int width = static_cast<int>(costs[0].size());
  std::vector<uint8_t> cells(width + 1, 0);
  const int enter = model.tjb + profile.tbm;
  int begin = std::max(0, kBase - enter), jump = 0;
  const __m128i bias = _mm_set1_epi8(static_cast<char>(profile.bias));
  for (const uint8_t code : target) {
    const __m128i begins = _mm_set1_epi8(static_cast<char>(begin));
    const uint8_t* cost = costs[code].data();
    __m128i best = _mm_setzero_si128();
    for (int k = width - kLanes; k >= 0; k -= kLanes) {
      __m128i cell = _mm_max_epu8(load(&cells[k]), begins);
      cell = _mm_subs_epu8(_mm_adds_epu8(cell, bias), load(cost + k));
      best = _mm_max_epu8(best, cell);
      _mm_storeu_si128(reinterpret_cast<__m128i*>(&cells[k + 1]), cell);
    }
    const int end = max_byte(best);
    if (end + profile.bias >= 255) return kInfinity;
    jump = std::max(jump, std::max(0, end - kEndCost));
    begin = std::max(0, std::max(kBase, jump) - enter);
  }
  return byte_score(profile, model, jump);
}

int16_t added(int a, int b) { return static_cast<int16_t>(std::clamp(a + b, kNever, kCeiling)); }

}  // namespace

float msv_filter(const Profile& profile, const LengthModel& model, const Codes& target) {
  const int enter = model.tjb + profile.tbm;
  if (enter + kEndCost + profile.bias >= 127) return full_msv(profile, model, target);
  const int raw = ssv_raw(profile.segment_cost, target);
  if (raw >= 255 - profile.bias) {
    return kBase - enter < 128 ? full_msv(profile, model, target) : kInfinity;
  }
  const int end = raw + kBase - enter - 128;
  if (end >= 255 - profile.bias) return kInfinity;
  const int jump = end - kEndCost;
  return jump > kBase ? full_msv(profile, model, target) : byte_score(profile, model, jump);
}

float viterbi_filter(const Profile& profile, const LengthModel& model, const Codes& target) {
  const int length = profile.length;
  std::vector<int16_t> m(length + 1, kNever), i(length + 1, kNever), d(length + 1, kNever);
  const auto& t = profile.transition_w;
  int begin = kWordBase + model.move_w, jump = kNever, last = kNever;
  for (const uint8_t code : target) {
    const int16_t* score = profile.score_w[code].data();
    int16_t m_before = kNever, i_before = kNever, d_before = kNever, end = kNever;
    int16_t m_now = kNever, d_now = kNever;  // of node k-1 in this row
    for (int k = 1; k <= length; ++k) {
      int16_t cell = added(begin, t[kBM][k - 1]);
      cell = std::max(cell, added(m_before, t[kMM][k - 1]));
      cell = std::max(cell, added(i_before, t[kIM][k - 1]));
      cell = std::max(cell, added(d_before, t[kDM][k - 1]));
      cell = added(cell, score[k - 1]);
      end = std::max(end, cell);
      const int16_t deleted =
          k == 1 ? int16_t{kNever} : std::max(added(m_now, t[kMD][k - 2]), added(d_now, t[kDD][k - 2]));
      m_before = m[k], i_before = i[k], d_before = d[k];
      i[k] = std::max(added(m_before, t[kMI][k - 1]), added(i_before, t[kII][k - 1]));
      m[k] = m_now = cell;
      d[k] = d_now = deleted;
    }
    if (end >= kCeiling) return kInfinity;
    last = std::max(last, end - 500);
    jump = std::max(jump, end - 500);
    begin = std::max(jump, kWordBase) + model.move_w;
  }
  if (last <= kNever) return -kInfinity;
  float score = static_cast<float>(last) + static_cast<float>(model.move_w);
  score -= static_cast<float>(kWordBase);
  score /= static_cast<float>(500.0 / kLn2);
  return score - 3.0f;
}

float bias_filter(const Profile& profile, const Codes& target) {
  const int length = static_cast<int>(target.size());
  const float p1 = static_cast<float>(length) / static_cast<float>(length + 1);
  const float mean = static_cast<float>(profile.length / 8.0);
  const float step[2][2] = {{p1, 1.0f - p1}, {1.0f / (mean + 1.0f), mean / (mean + 1.0f)}};
  const float start[2] = {0.999f, 0.001f};
  float state[2] = {0, 0}, sum = 0;
  for (int i = 0; i < length; ++i) {
    float next[2], most = 0;
    for (int k = 0; k < 2; ++k) {
      const float odds = k == 0 ? 1.0f : profile.bias_odds[target[i]];
      if (i == 0) {
        next[k] = odds * start[k];
      } else {
        next[k] = 0.0f;
        for (int m = 0; m < 2; ++m) next[k] += state[m] * step[m][k];
        next[k] *= odds;
      }
      most = std::max(next[k], most);
    }
    for (int k = 0; k < 2; ++k) state[k] = next[k] / most;
    sum += static_cast<float>(std::log(static_cast<double>(most)));
  }
  const float end = 0.0f + state[0] * 1.0f + state[1] * 1.0f;
  sum += static_cast<float>(std::log(static_cast<double>(end)));
  return sum + static_cast<float>(length) * std::log(p1) + std::log(static_cast<float>(1. - p1));
}

}  // namespace pleat::profile
