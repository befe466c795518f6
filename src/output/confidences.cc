// Scores from TM-adjusted errors and from PAE.
#include "output/confidences.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "base/error.h"
#include "output/numpy_sum.h"

namespace pleat::output {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

std::vector<int> tokens_of(const TokenFrames& frames, int a, int b) {
  std::vector<int> tokens;
  for (size_t t = 0; t < frames.size(); ++t)
    if (frames.chain[t] == a || frames.chain[t] == b) tokens.push_back(static_cast<int>(t));
  return tokens;
}

// The mean of the row's counted entries; `row` is scratch.
double aligned_score(const float* tm_row, int chain, const TokenFrames& frames, std::span<const int> tokens,
                     bool interface, std::vector<double>& row) {
  const auto counts = [&](int t) { return !interface || frames.chain[static_cast<size_t>(t)] != chain; };
  const auto counted = static_cast<double>(std::count_if(tokens.begin(), tokens.end(), counts));
  const double weight = 1 / (1e-8 + counted);
  row.clear();
  for (const int t : tokens) row.push_back(counts(t) ? tm_row[t] * weight : 0.0);
  return counted == 0 ? kNan : numpy_sum(row);
}

// The mean of the values that are not NaN; NaN when all are.
double nan_mean(std::span<const double> values) {
  std::vector<double> numbers;
  std::copy_if(values.begin(), values.end(), std::back_inserter(numbers),
               [](double value) { return !std::isnan(value); });
  return numbers.empty() ? kNan : numpy_mean(numbers);
}

ChainMatrix nan_matrix(int chains) {
  const auto n = static_cast<size_t>(chains);
  return ChainMatrix(n, std::vector<double>(n, kNan));
}

}  // namespace

TokenFrames token_frames(const featurise::StructureLayout& layout, std::span<const uint8_t> frames_mask) {
  PLEAT_ASSERT(frames_mask.size() == layout.tokens.size());
  TokenFrames frames;
  for (const featurise::OutputToken& token : layout.tokens) frames.chain.push_back(token.chain);
  frames.has_frame.assign(frames_mask.begin(), frames_mask.end());
  frames.chains = static_cast<int>(layout.chains.size());
  return frames;
}

double predicted_tm_score(std::span<const float> tm, const TokenFrames& frames, std::span<const int> tokens,
                          bool interface) {
  double best = kNan;
  std::vector<double> row;
  for (const int i : tokens) {
    const auto at = static_cast<size_t>(i);
    if (!frames.has_frame[at]) continue;
    const double score =
        aligned_score(&tm[at * frames.size()], frames.chain[at], frames, tokens, interface, row);
    best = std::fmax(best, score);
  }
  return best;
}

double predicted_tm_score(std::span<const float> tm, const TokenFrames& frames, bool interface) {
  std::vector<int> all(frames.size());
  std::iota(all.begin(), all.end(), 0);
  return predicted_tm_score(tm, frames, all, interface);
}

ChainMatrix chain_pair_iptm(std::span<const float> tm, const TokenFrames& frames) {
  ChainMatrix scores = nan_matrix(frames.chains);
  for (int a = 0; a < frames.chains; ++a) {
    for (int b = a; b < frames.chains; ++b) {
      const double score = predicted_tm_score(tm, frames, tokens_of(frames, a, b), a != b);
      scores[static_cast<size_t>(a)][static_cast<size_t>(b)] = score;
      scores[static_cast<size_t>(b)][static_cast<size_t>(a)] = score;
    }
  }
  return scores;
}

// The reference averages the means of rows and of columns; the matrix is symmetric, so these are equal.
std::vector<double> chain_iptm(const ChainMatrix& chain_pair_iptm) {
  std::vector<double> means;
  for (size_t a = 0; a < chain_pair_iptm.size(); ++a) {
    std::vector<double> others = chain_pair_iptm[a];
    others.erase(others.begin() + static_cast<std::ptrdiff_t>(a));
    means.push_back(nan_mean(others));
  }
  return means;
}

ChainMatrix chain_pair_pae_min(std::span<const float> pae, const TokenFrames& frames) {
  ChainMatrix least = nan_matrix(frames.chains);
  for (size_t i = 0; i < frames.size(); ++i) {
    if (!frames.has_frame[i]) continue;
    std::vector<double>& row = least[static_cast<size_t>(frames.chain[i])];
    for (size_t j = 0; j < frames.size(); ++j) {
      double& entry = row[static_cast<size_t>(frames.chain[j])];
      entry = std::fmin(entry, static_cast<double>(pae[i * frames.size() + j]));
    }
  }
  return least;
}

double ranking_score(double ptm, double iptm, double fraction_disordered, bool has_clash) {
  const double tm = std::isnan(iptm) ? ptm : 0.8 * iptm + (1 - 0.8) * ptm;
  return tm + 0.5 * fraction_disordered - 100.0 * has_clash;
}

}  // namespace pleat::output
