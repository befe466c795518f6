// Locations of the score distributions, from the scores of random sequences that are the same for every
// query. docs/specs/hmmer-search.md, section 2, "Calibration".
#include <cmath>
#include <numbers>
#include <vector>

#include "profile/filters.h"
#include "profile/forward.h"
#include "profile/vectors.h"

namespace pleat::profile {
namespace {

constexpr int kSamples = 200;

struct Gumbel {
  double mu, lambda;
};

double location(const std::vector<double>& scores, double lambda) {
  double sum = 0;
  for (const double x : scores) sum += std::exp(-lambda * x);
  return -std::log(sum / static_cast<double>(scores.size())) / lambda;
}

struct Likelihood {
  double value, slope;
};

// Lawless' equation 4.1.6, whose root is the best lambda.
Likelihood lawless(const std::vector<double>& scores, double lambda) {
  double sum = 0, e = 0, xe = 0, xxe = 0;
  for (const double x : scores) {
    const double weight = std::exp(-1. * lambda * x);
    sum += x;
    xe += x * weight;
    xxe += x * x * weight;
    e += weight;
  }
  const double n = static_cast<double>(scores.size());
  return {(1. / lambda) - (sum / n) + (xe / e), ((xe / e) * (xe / e)) - (xxe / e) - (1. / (lambda * lambda))};
}

double bisected(const std::vector<double>& scores, double lambda, double right) {
  double left = 0, middle = 0, value = lawless(scores, lambda).value;
  while (value > 0. && right < 1000.) {
    right *= 2.;
    value = lawless(scores, right).value;
  }
  for (int step = 0; step < 100; ++step) {
    middle = (left + right) / 2.;
    value = lawless(scores, middle).value;
    if (std::abs(value) < 1e-5) break;
    (value > 0. ? left : right) = middle;
  }
  return middle;
}

Gumbel fitted(const std::vector<double>& scores) {
  double sum = 0, squares = 0;
  for (const double x : scores) sum += x, squares += x * x;
  const double n = static_cast<double>(scores.size());
  const double variance = std::abs((squares - sum * sum / n) / (n - 1));
  const double start = std::numbers::pi / std::sqrt(6. * variance);
  double lambda = start;
  int step = 0;
  for (; step < 100; ++step) {
    const Likelihood f = lawless(scores, lambda);
    if (std::abs(f.value) < 1e-5) break;
    lambda = lambda - f.value / f.slope;
    if (lambda <= 0.) lambda = 0.001;
  }
  if (step == 100) lambda = bisected(scores, lambda, start);
  return {location(scores, lambda), lambda};
}

// The sequences that calibrate every profile, one stream of random residues.
struct Samples {
  std::vector<Codes> msv, viterbi, forward;
};

const Samples& samples() {
  static const Samples all = [] {
    FastRandom random;
    const auto draw = [&](int length) {
      std::vector<Codes> sequences(kSamples, Codes(length));
      for (Codes& sequence : sequences) {
        for (uint8_t& code : sequence)
          code = static_cast<uint8_t>(choose(random, background().data(), kResidues));
      }
      return sequences;
    };
    Samples drawn;
    drawn.msv = draw(200), drawn.viterbi = draw(200), drawn.forward = draw(100);
    return drawn;
  }();
  return all;
}

double bits(float score, float null) { return (score - null) / kLn2; }

template <typename Score>
std::vector<double> scores_of(const std::vector<Codes>& sequences, float most, Score score) {
  std::vector<double> scores;
  const float null = null_score(static_cast<int>(sequences[0].size()));
  for (const Codes& sequence : sequences) {
    const float found = score(sequence);
    scores.push_back(bits(std::isinf(found) && found > 0 ? most : found, null));
  }
  return scores;
}

std::vector<double> forward_scores(const Profile& profile) {
  const std::vector<Codes>& sequences = samples().forward;
  const int length = static_cast<int>(sequences[0].size());
  const LengthModel model(length, true);
  const float null = null_score(length);
  const size_t at_a_time = targets_at_a_time();
  std::vector<double> scores;
  std::vector<Subject> subjects;
  Matrix matrix;
  for (const Codes& sequence : sequences) {
    subjects.push_back({sequence, model});
    if (subjects.size() < at_a_time && scores.size() + subjects.size() < sequences.size()) continue;
    float found[kMostTargets];
    forward(profile, subjects, false, matrix, found);
    for (size_t t = 0; t < subjects.size(); ++t) scores.push_back(bits(found[t], null));
    subjects.clear();
  }
  return scores;
}

}  // namespace

Calibration calibrate(const Profile& profile) {
  const double lambda = kLn2 + 1.44 / (static_cast<double>(profile.length) * profile.mean_entropy);
  const LengthModel model(200, true);
  Calibration result;
  result.lambda = static_cast<float>(lambda);
  const float most_byte = static_cast<float>(255 - 190) / profile.scale_b;
  result.msv_mu = static_cast<float>(location(
      scores_of(samples().msv, most_byte, [&](const Codes& x) { return msv_filter(profile, model, x); }),
      lambda));
  const float most_word = static_cast<float>((32767.0 - 12000) / static_cast<float>(500.0 / kLn2));
  result.viterbi_mu = static_cast<float>(
      location(scores_of(samples().viterbi, most_word,
                         [&](const Codes& x) { return viterbi_filter(profile, model, x); }),
               lambda));
  const Gumbel tail = fitted(forward_scores(profile));
  const double place = tail.mu - std::log(-1. * std::log(1.0 - 0.04)) / tail.lambda;
  result.forward_tau = static_cast<float>(place + std::log(0.04) / lambda);
  return result;
}

}  // namespace pleat::profile
