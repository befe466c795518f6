// The profile of one query sequence, as in jackhmmer's first round: scores as 8-bit and 16-bit integers and
// as odds, the parameters that depend on a target's length, and the calibration of the scores.
// docs/specs/hmmer-search.md, section 2.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "profile/alphabet.h"
#include "profile/filters.h"

namespace pleat::profile {

using Codes = std::vector<uint8_t>;  // a sequence; position i (from 1) is at i - 1

inline constexpr double kLn2 = 0.69314718055994529;

// Transitions of a vector of nodes, in storage order.
enum Transition { kBM, kMM, kIM, kDM, kMD, kMI, kII, kDD, kTransitions };

// The parameters that depend on the target's length, and on whether a target may hold several copies of the
// model.
struct LengthModel {
  LengthModel(int length, bool multihit);
  float move, loop;  // of N, C and J
  float end_to_c, end_to_j;
  int tjb;         // 8-bit cost of leaving N, C or J
  int16_t move_w;  // 16-bit score of the same
};

struct Calibration {
  float lambda = 0, msv_mu = 0, viterbi_mu = 0, forward_tau = 0;
};

struct Profile {
  // Throws std::invalid_argument for an empty query. `query` holds codes.
  explicit Profile(const Codes& query);

  int length = 0;   // M, nodes
  int vectors = 0;  // Q: node k is in vector (k-1) % Q, lane (k-1) / Q
  float composition[kResidues] = {};
  double mean_entropy = 0;  // bits a match

  // 8 bits: cost [code][k-1]; 255 is "never".
  int bias = 0, tbm = 0;
  float scale_b = 0;
  std::vector<std::vector<uint8_t>> cost;
  // 16 bits, [code][k-1] and transitions [k-1].
  std::vector<std::vector<int16_t>> score_w;
  std::vector<int16_t> transition_w[kTransitions];
  FilterTables filters;  // of these integers
  // Odds: [code][q][lane]; transitions [q][t][lane].
  std::vector<AlignedVector<float>> odds;
  AlignedVector<float> transition;

  Calibration calibration;
  // The emission odds of the bias filter's second state, and the probability of staying in it.
  float bias_odds[kCodes] = {};

 private:
  void set_integers(const std::vector<std::vector<float>>& scores,
                    const std::vector<std::vector<float>>& logs);
  void set_odds(const std::vector<std::vector<float>>& scores, const std::vector<std::vector<float>>& logs);
};

// log(p) of a target of `length` under the null model.
float null_score(int length);

// While it lives, this thread flushes denormals to zero, as HMMER does.
class FlushDenormals {
 public:
  FlushDenormals();
  ~FlushDenormals();
  FlushDenormals(const FlushDenormals&) = delete;
  FlushDenormals& operator=(const FlushDenormals&) = delete;

 private:
  unsigned saved_;
};

Calibration calibrate(const Profile& profile);

}  // namespace pleat::profile
