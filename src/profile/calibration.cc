// Places of the score distributions, from the scores of random sequences that are the same for every query.
// docs/specs/hmmer-search.md, section 2, "Calibration".
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

template <typename Score>
std::vector<double> random_scores(FastRandom& random, int length, Score score) {
  std::vector<double> scores(kSamples);
  const float null = null_score(length);
  Codes sequence(length);
  for (double& x : scores) {
    for (uint8_t& code : sequence)
      code = static_cast<uint8_t>(choose(random, background().data(), kResidues));
    x = (score(sequence) - null) / kLn2;
  }
  return scores;
}

}  // namespace

Calibration calibrate(const Profile& profile) {
  const double lambda = kLn2 + 1.44 / (static_cast<double>(profile.length) * profile.mean_entropy);
  FastRandom random;
  const LengthModel long_model(200, true), short_model(100, true);
  Calibration result;
  result.lambda = static_cast<float>(lambda);
  const auto bounded = [](float score, float most) { return std::isinf(score) && score > 0 ? most : score; };
  const float most_byte = static_cast<float>(255 - 190) / profile.scale_b;
  result.msv_mu = static_cast<float>(location(
      random_scores(random, 200,
                    [&](const Codes& x) { return bounded(msv_filter(profile, long_model, x), most_byte); }),
      lambda));
  const float most_word = static_cast<float>((32767.0 - 12000) / static_cast<float>(500.0 / kLn2));
  result.viterbi_mu = static_cast<float>(location(
      random_scores(
          random, 200,
          [&](const Codes& x) { return bounded(viterbi_filter(profile, long_model, x), most_word); }),
      lambda));
  Matrix matrix;
  const Gumbel tail = fitted(random_scores(
      random, 100, [&](const Codes& x) { return forward(profile, short_model, x, false, matrix); }));
  const double place = tail.mu - std::log(-1. * std::log(1.0 - 0.04)) / tail.lambda;
  result.forward_tau = static_cast<float>(place + std::log(0.04) / lambda);
  return result;
}

}  // namespace pleat::profile
