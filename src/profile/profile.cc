#include "profile/profile.h"

#include <xmmintrin.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <stdexcept>

#include "profile/vectors.h"

namespace pleat::profile {
namespace {

constexpr double kOpen = 0.02, kExtend = 0.4;  // of a gap
constexpr float kInfinity = std::numeric_limits<float>::infinity();

// BLOSUM62 in the order of NCBI's table.
constexpr std::string_view kBlosumLetters = "ARNDCQEGHILKMFPSTWYV";
constexpr int8_t kBlosum[20][20] = {
    {4, -1, -2, -2, 0, -1, -1, 0, -2, -1, -1, -1, -1, -2, -1, 1, 0, -3, -2, 0},
    {-1, 5, 0, -2, -3, 1, 0, -2, 0, -3, -2, 2, -1, -3, -2, -1, -1, -3, -2, -3},
    {-2, 0, 6, 1, -3, 0, 0, 0, 1, -3, -3, 0, -2, -3, -2, 1, 0, -4, -2, -3},
    {-2, -2, 1, 6, -3, 0, 2, -1, -1, -3, -4, -1, -3, -3, -1, 0, -1, -4, -3, -3},
    {0, -3, -3, -3, 9, -3, -4, -3, -3, -1, -1, -3, -1, -2, -3, -1, -1, -2, -2, -1},
    {-1, 1, 0, 0, -3, 5, 2, -2, 0, -3, -2, 1, 0, -3, -1, 0, -1, -2, -1, -2},
    {-1, 0, 0, 2, -4, 2, 5, -2, 0, -3, -3, 1, -2, -3, -1, 0, -1, -3, -2, -2},
    {0, -2, 0, -1, -3, -2, -2, 6, -2, -4, -4, -2, -3, -3, -2, 0, -2, -2, -3, -3},
    {-2, 0, 1, -1, -3, 0, 0, -2, 8, -3, -3, -1, -2, -1, -2, -1, -2, -2, 2, -3},
    {-1, -3, -3, -3, -1, -3, -3, -4, -3, 4, 2, -3, 1, 0, -3, -2, -1, -3, -1, 3},
    {-1, -2, -3, -4, -1, -2, -3, -4, -3, 2, 4, -2, 2, 0, -3, -2, -1, -2, -1, 1},
    {-1, 2, 0, -1, -3, 1, 1, -2, -1, -3, -2, 5, -1, -3, -1, 0, -1, -3, -2, -2},
    {-1, -1, -2, -3, -1, 0, -2, -3, -2, 1, 2, -1, 5, 0, -2, -1, -1, -1, -1, 1},
    {-2, -3, -3, -3, -2, -3, -3, -3, -1, 0, 0, -3, 0, 6, -4, -2, -2, 1, 3, -1},
    {-1, -2, -2, -1, -3, -1, -1, -2, -2, -3, -3, -1, -2, -4, 7, -1, -1, -4, -3, -2},
    {1, -1, 1, 0, -1, 0, 0, 0, -1, -2, -2, 0, -1, -2, -1, 4, 1, -3, -2, -2},
    {0, -1, 0, -1, -1, -1, -1, -2, -2, -1, -1, -1, -1, -2, -1, 1, 5, -2, -2, 0},
    {-3, -3, -4, -4, -2, -2, -3, -2, -2, -3, -2, -3, -1, 1, -4, -3, -2, 11, 2, -3},
    {-2, -2, -2, -3, -2, -1, -2, -3, 2, -1, -1, -2, -1, 3, -3, -2, -2, 2, 7, -1},
    {0, -3, -3, -3, -1, -2, -2, -3, -3, 3, 1, -2, 1, -1, -2, -2, 0, -3, -1, 4}};

int substitution(int a, int b) {
  return kBlosum[kBlosumLetters.find(kLetters[a])][kBlosumLetters.find(kLetters[b])];
}

struct Sum {
  double value, slope;
};

// sum f_i f_j exp(lambda s_ij) - 1, and its derivative.
Sum excess(double lambda) {
  Sum sum{0, 0};
  const auto& f = background();
  for (int i = 0; i < kResidues; ++i) {
    for (int j = 0; j < kResidues; ++j) {
      const double s = substitution(i, j);
      const double term = static_cast<double>(f[i]) * static_cast<double>(f[j]) * std::exp(lambda * s);
      sum.value += term;
      sum.slope += term * s;
    }
  }
  sum.value -= 1.0;
  return sum;
}

double matrix_lambda() {
  double lambda = 1.0 / 11;
  while (excess(lambda).value <= 0) lambda *= 2;
  for (int step = 0; step < 100; ++step) {
    const Sum sum = excess(lambda);
    const double next = lambda - sum.value / sum.slope;
    const bool done = std::abs(next - lambda) < 1e-15 + 1e-15 * std::abs(next);
    lambda = next;
    if (done) break;
  }
  return lambda;
}

// The probability of each amino acid given the query's code: rows of P(b | a).
using Emissions = std::array<std::array<float, kResidues>, kCodes>;

Emissions make_emissions() {
  const double lambda = matrix_lambda();
  const auto& f = background();
  std::array<std::array<double, kResidues>, kCodes> joint{};
  for (int i = 0; i < kResidues; ++i) {
    for (int j = 0; j < kResidues; ++j) {
      joint[i][j] =
          static_cast<double>(f[i]) * static_cast<double>(f[j]) * std::exp(lambda * substitution(i, j));
    }
  }
  Emissions emissions{};
  for (int a = 0; a < kCodes; ++a) {
    if (a >= kResidues) {
      for (const int member : members(a)) {
        for (int b = 0; b < kResidues; ++b) joint[a][b] += joint[member][b];
      }
    }
    double total = 0;
    for (int b = 0; b < kResidues; ++b) total += joint[a][b];
    for (int b = 0; b < kResidues; ++b)
      emissions[a][b] = total > 0 ? static_cast<float>(joint[a][b] / total) : 0.f;
  }
  return emissions;
}

struct Steps {
  float mm, mi, md, im, ii, dm, dd;
};

Steps steps(int k, int length) {
  Steps t{static_cast<float>(1.0 - 2 * kOpen), static_cast<float>(kOpen),   static_cast<float>(kOpen),
          static_cast<float>(1.0 - kExtend),   static_cast<float>(kExtend), static_cast<float>(1.0 - kExtend),
          static_cast<float>(kExtend)};
  if (k == length) t.mm = static_cast<float>(1.0 - kOpen), t.md = 0, t.dm = 1, t.dd = 0;
  return t;
}

std::vector<float> occupancies(int length) {
  std::vector<float> occupancy(length + 1, 0.f);
  const Steps t = steps(0, length);
  occupancy[1] = t.mi + t.mm;
  for (int k = 2; k <= length; ++k) {
    const float through = occupancy[k - 1] * (t.mm + t.mi);
    occupancy[k] = static_cast<float>(through + (1.0 - occupancy[k - 1]) * t.dm);
  }
  return occupancy;
}

void set_composition(const std::vector<std::array<float, kResidues>>& match, float* composition) {
  const int length = static_cast<int>(match.size()) - 1;
  const std::vector<float> occupancy = occupancies(length);
  const auto add = [&](const std::array<float, kResidues>& from, float weight) {
    for (int x = 0; x < kResidues; ++x) composition[x] += from[x] * weight;
  };
  const Steps first = steps(0, length);
  add(background(), first.mi / first.im);
  for (int k = 1; k <= length; ++k) {
    const Steps t = steps(k, length);
    add(match[k], occupancy[k]);
    add(background(), occupancy[k] * t.mi / t.im);
  }
  normalise(composition, kResidues);
}

double mean_relative_entropy(const std::vector<std::array<float, kResidues>>& match) {
  double sum = 0;
  for (size_t k = 1; k < match.size(); ++k) {
    float entropy = 0;
    for (int x = 0; x < kResidues; ++x) {
      if (match[k][x] > 0) {
        entropy = static_cast<float>(
            entropy + match[k][x] * std::log2(static_cast<double>(match[k][x] / background()[x])));
      }
    }
    sum += entropy;
  }
  return sum / static_cast<double>(match.size() - 1);
}

// Log odds of every code at every node (from 1).
std::vector<std::vector<float>> match_scores(const std::vector<std::array<float, kResidues>>& match) {
  const size_t nodes = match.size();
  const auto& f = background();
  std::vector<std::vector<float>> scores(kCodes, std::vector<float>(nodes, -kInfinity));
  for (size_t k = 1; k < nodes; ++k) {
    for (int x = 0; x < kResidues; ++x) {
      scores[x][k] =
          static_cast<float>(std::log(static_cast<double>(match[k][x]) / static_cast<double>(f[x])));
    }
    for (int x = kGapCode + 1; x <= kAnyCode; ++x) {
      float sum = 0, weight = 0;
      for (const int y : members(x)) {
        sum += scores[y][k] * f[y];
        weight += f[y];
      }
      scores[x][k] = sum / weight;
    }
  }
  return scores;
}

// Logs of the transitions [t][k] in the order of the vectors: into node k for BM, MM, IM, DM; out of it for
// the rest.
std::vector<std::vector<float>> transition_logs(int length) {
  const std::vector<float> occupancy = occupancies(length);
  float total = 0;
  for (int k = 1; k <= length; ++k) total += occupancy[k] * static_cast<float>(length - k + 1);
  std::vector<std::vector<float>> logs(kTransitions, std::vector<float>(length + 1, -kInfinity));
  const auto log_of = [](float p) { return static_cast<float>(std::log(static_cast<double>(p))); };
  for (int k = 1; k <= length; ++k) {
    logs[kBM][k] = log_of(occupancy[k] / total);
    if (k > 1) {
      const Steps t = steps(k - 1, length);
      logs[kMM][k] = log_of(t.mm), logs[kIM][k] = log_of(t.im), logs[kDM][k] = log_of(t.dm);
    }
    if (k < length) {
      const Steps t = steps(k, length);
      logs[kMD][k] = log_of(t.md), logs[kMI][k] = log_of(t.mi), logs[kII][k] = log_of(t.ii);
      logs[kDD][k] = log_of(t.dd);
    }
  }
  return logs;
}

// One lane of HMMER's own exponential of four floats.
float odds_of(float x) {
  if (x > 88.3762626647949f) return kInfinity;
  if (!(x > -88.3762626647949f)) return 0;
  const float scaled = x * 1.44269504088896341f + 0.5f;
  const float k = std::floor(scaled);
  x = x - k * 0.693359375f;
  x = x - k * -2.12194440e-4f;
  const float square = x * x;
  float y = 1.9875691500e-4f;
  for (const float c :
       {1.3981999507e-3f, 8.3334519073e-3f, 4.1665795894e-2f, 1.6666665459e-1f, 5.0000001201e-1f}) {
    y = y * x + c;
  }
  y = y * square + x + 1.0f;
  return y * std::ldexp(1.0f, static_cast<int>(k));
}

int16_t word_of(float scale, float x) {
  const float rounded = std::round(scale * x);
  if (rounded >= 32767.f) return 32767;
  if (rounded <= -32768.f) return -32768;
  return static_cast<int16_t>(rounded);
}

const float kScaleWord = static_cast<float>(500.0 / kLn2);
const float kScaleByte = static_cast<float>(3.0 / kLn2);

// round(scale * -x) as a byte: half away from zero, at most 255.
int byte_cost(float x) {
  const float cost = std::round(-1.0f * kScaleByte * x);
  return cost > 255.f ? 255 : static_cast<int>(cost);
}

}  // namespace

LengthModel::LengthModel(int target_length, bool multihit) {
  const float jumps = multihit ? 1.f : 0.f;
  move = (2.0f + jumps) / (static_cast<float>(target_length) + 2.0f + jumps);
  loop = 1.0f - move;
  end_to_c = multihit ? 0.5f : 1.0f;
  end_to_j = multihit ? 0.5f : 0.0f;
  tjb = byte_cost(std::log(3.0f / static_cast<float>(target_length + 3)));
  move_w = word_of(kScaleWord, std::log(move));
}

Profile::Profile(const Codes& query) {
  if (query.empty()) throw std::invalid_argument("a profile needs a query of at least one residue");
  static const Emissions emissions = make_emissions();
  length = static_cast<int>(query.size());
  vectors = std::max(2, (length + 3) / 4);
  std::vector<std::array<float, kResidues>> match(length + 1);
  for (int k = 1; k <= length; ++k) match[k] = emissions[query[k - 1]];
  set_composition(match, composition);
  mean_entropy = mean_relative_entropy(match);
  const auto scores = match_scores(match), logs = transition_logs(length);
  set_integers(scores, logs);
  set_odds(scores, logs);
  for (int x = 0; x < kCodes; ++x) {
    float sum = 0, weight = 0;
    for (const int y : members(x)) sum += composition[y], weight += background()[y];
    bias_odds[x] = members(x).empty() ? 1.f : sum / weight;
  }
  calibration = calibrate(*this);
}

void Profile::set_integers(const std::vector<std::vector<float>>& scores,
                           const std::vector<std::vector<float>>& logs) {
  scale_b = kScaleByte;
  float best = 0;
  for (int x = 0; x < kResidues; ++x)
    best = std::max(best, *std::max_element(scores[x].begin() + 1, scores[x].end()));
  bias = byte_cost(-1.0f * best);
  tbm = byte_cost(std::log(2.0f / (static_cast<float>(length) * static_cast<float>(length + 1))));
  cost.assign(kCodes, std::vector<uint8_t>(length));
  score_w.assign(kCodes, std::vector<int16_t>(length));
  for (int x = 0; x < kCodes; ++x) {
    for (int k = 1; k <= length; ++k) {
      const float rounded = -std::round(kScaleByte * scores[x][k]);
      cost[x][k - 1] = rounded > static_cast<float>(255 - bias)
                           ? 255
                           : static_cast<uint8_t>(static_cast<int>(rounded) + bias);
      score_w[x][k - 1] = word_of(kScaleWord, scores[x][k]);
    }
  }
  for (int t = 0; t < kTransitions; ++t) {
    transition_w[t].resize(length);
    for (int k = 1; k <= length; ++k) {
      transition_w[t][k - 1] = std::min<int16_t>(word_of(kScaleWord, logs[t][k]), t == kII ? -1 : 0);
    }
  }
  filters = FilterTables(*this);
}

void Profile::set_odds(const std::vector<std::vector<float>>& scores,
                       const std::vector<std::vector<float>>& logs) {
  odds.assign(kCodes, AlignedVector<float>(static_cast<size_t>(vectors) * 4, 0.f));
  transition.assign(static_cast<size_t>(vectors) * kTransitions * 4, 0.f);
  for (int k = 1; k <= length; ++k) {
    const int q = (k - 1) % vectors, lane = (k - 1) / vectors;
    for (int x = 0; x < kCodes; ++x) odds[x][q * 4 + lane] = odds_of(scores[x][k]);
    for (int t = 0; t < kTransitions; ++t)
      transition[(q * kTransitions + t) * 4 + lane] = odds_of(logs[t][k]);
  }
}

float null_score(int length) {
  const float p1 = static_cast<float>(length) / static_cast<float>(length + 1);
  return static_cast<float>(static_cast<float>(length) * std::log(static_cast<double>(p1)) +
                            std::log(1.0 - p1));
}

FlushDenormals::FlushDenormals() : saved_(_MM_GET_FLUSH_ZERO_MODE()) {
  _MM_SET_FLUSH_ZERO_MODE(_MM_FLUSH_ZERO_ON);
}
FlushDenormals::~FlushDenormals() { _MM_SET_FLUSH_ZERO_MODE(saved_); }

}  // namespace pleat::profile
