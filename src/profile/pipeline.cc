#include "profile/pipeline.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <stdexcept>

#include "profile/filters.h"
#include "profile/vectors.h"

namespace pleat::profile {
namespace {

float bits(float nats) { return static_cast<float>(nats / kLn2); }

double gumbel_survival(double x, double mu, double lambda) {
  const double y = std::exp(-(lambda * (x - mu)));
  return y < 5e-9 ? y : 1 - std::exp(-y);
}

double tail_log(double x, double tau, double lambda) { return x < tau ? 0.0 : -lambda * (x - tau); }

// log(exp(a) + exp(b)) from a table whose steps are part of the result.
float log_sum(float a, float b) {
  constexpr int kEntries = 16000;
  static const std::array<float, kEntries> table = [] {
    std::array<float, kEntries> values;
    for (int i = 0; i < kEntries; ++i) {
      values[i] = static_cast<float>(std::log(1. + std::exp(static_cast<double>(-i) / 1000.)));
    }
    return values;
  }();
  const float most = std::max(a, b), least = std::min(a, b);
  if (std::isinf(least) || most - least >= 15.7f) return most;
  return most + table[static_cast<int>((most - least) * 1000.f)];
}

float null2_bias(float correction) {
  const float omega = 1.0f / 256.0f;
  return log_sum(0.0f, static_cast<float>(std::log(static_cast<double>(omega)) + correction));
}

struct FilterScores {
  float null, forward;
};

// The cascade; null where a stage rejects.
std::optional<FilterScores> passed(const Profile& profile, const Options& options, const Codes& target,
                                   Workspace& work, Counts& counts) {
  const int length = static_cast<int>(target.size());
  const LengthModel model(length, true);
  const Calibration& c = profile.calibration;
  FilterScores scores{null_score(length), 0};
  const float segment = msv_filter(profile, model, target);
  if (gumbel_survival(bits(segment - scores.null), c.msv_mu, c.lambda) > options.f1) return std::nullopt;
  ++counts.msv;
  const float filter = bias_filter(profile, target);
  const double p = gumbel_survival(bits(segment - filter), c.msv_mu, c.lambda);
  if (p > options.f1) return std::nullopt;
  ++counts.bias;
  if (p > options.f2) {
    const float viterbi = viterbi_filter(profile, model, target);
    if (gumbel_survival(bits(viterbi - filter), c.viterbi_mu, c.lambda) > options.f2) return std::nullopt;
  }
  ++counts.viterbi;
  scores.forward = forward(profile, model, target, false, work.forward);
  if (std::isnan(scores.forward)) throw std::runtime_error("the chance of the target is out of range");
  const double x = bits(scores.forward - filter);
  const double tail =
      x < c.forward_tau ? 1.0 : std::exp(-static_cast<double>(c.lambda) * (x - c.forward_tau));
  if (tail > options.f3) return std::nullopt;
  ++counts.forward;
  if (!backward(profile, model, target, work.forward, false, work.backward)) {
    throw std::runtime_error("the chance of the target is out of range");
  }
  return scores;
}

// The target's score: of all of it, or of its domains alone where that is better.
void score_target(const DomainSet& set, const FilterScores& scores, int length, Hit& hit) {
  const double per_residue =
      std::log(static_cast<double>(static_cast<float>(length) / static_cast<float>(length + 3)));
  const float bias = null2_bias(kahan_sum(set.null2.data(), static_cast<int>(set.null2.size())));
  hit.pre_score = bits(scores.forward - scores.null);
  hit.score = bits(scores.forward - (scores.null + bias));
  float sum = 0, correction = 0;
  int residues = 0;
  for (const Domain& domain : set.domains) {
    if (!(domain.env_score - domain.correction > 0.0f)) continue;
    sum += domain.env_score;
    residues += domain.env_to - domain.env_from + 1;
    correction += domain.correction;
  }
  correction = null2_bias(correction);
  sum = static_cast<float>(sum + (length - residues) * per_residue);
  const float pre_sum = bits(sum - scores.null);
  const float sum_score = bits(sum - (scores.null + correction));
  if (residues > 0 && sum_score > hit.score) hit.score = sum_score, hit.pre_score = pre_sum;
}

void score_domains(const Profile& profile, float null, int length, Hit& hit) {
  const double per_residue =
      std::log(static_cast<double>(static_cast<float>(length) / static_cast<float>(length + 3)));
  for (size_t d = 0; d < hit.domains.size(); ++d) {
    Domain& domain = hit.domains[d];
    const int residues = domain.env_to - domain.env_from + 1;
    const float nats = static_cast<float>(domain.env_score + (length - residues) * per_residue);
    domain.bias = null2_bias(domain.correction);
    domain.score = bits(nats - (null + domain.bias));
    domain.log_p = tail_log(domain.score, profile.calibration.forward_tau, profile.calibration.lambda);
    if (domain.score > hit.domains[hit.best].score) hit.best = static_cast<int>(d);
  }
}

// Of two overlapping domains with one alignment, only the better counts.
void drop_doubles(Hit& hit) {
  if (hit.overlaps == 0) return;
  for (size_t a = 0; a < hit.domains.size(); ++a) {
    for (size_t b = a + 1; b < hit.domains.size(); ++b) {
      if (hit.domains[a].from != hit.domains[b].from || hit.domains[a].to != hit.domains[b].to) continue;
      const size_t worse = hit.domains[a].score >= hit.domains[b].score ? b : a;
      hit.reported[worse] = hit.included[worse] = false;
    }
  }
}

}  // namespace

std::optional<Hit> find_hit(const Profile& profile, const Options& options, const Codes& target,
                            Workspace& work, Counts& counts) {
  ++counts.targets;
  if (target.empty()) return std::nullopt;
  const auto scores = passed(profile, options, target, work, counts);
  if (!scores) return std::nullopt;
  DomainSet set;
  if (!find_domains(profile, target, work, set) || set.domains.empty()) return std::nullopt;
  const int length = static_cast<int>(target.size());
  Hit hit;
  score_target(set, *scores, length, hit);
  hit.log_p = tail_log(hit.score, profile.calibration.forward_tau, profile.calibration.lambda);
  if (options.size && std::exp(hit.log_p) * *options.size > options.most_e) return std::nullopt;
  hit.overlaps = set.overlaps;
  hit.domains = std::move(set.domains);
  score_domains(profile, scores->null, length, hit);
  return hit;
}

std::vector<Hit> reported_hits(std::vector<Hit> hits, const Options& options, size_t targets) {
  std::stable_sort(hits.begin(), hits.end(), [](const Hit& a, const Hit& b) {
    if (a.log_p != b.log_p) return a.log_p < b.log_p;
    if (const int names = a.name.compare(b.name); names != 0) return names < 0;
    if (a.domains[0].from != b.domains[0].from) return a.domains[0].from < b.domains[0].from;
    return a.ordinal < b.ordinal;
  });
  const double size = options.size.value_or(static_cast<double>(targets));
  std::erase_if(hits, [&](const Hit& hit) { return std::exp(hit.log_p) * size > options.most_e; });
  const double domain_size = options.size.value_or(static_cast<double>(hits.size()));
  for (Hit& hit : hits) {
    for (const Domain& domain : hit.domains) {
      const double e = std::exp(domain.log_p) * domain_size;
      const bool reported = e <= options.most_domain_e;
      hit.reported.push_back(reported);
      hit.included.push_back(reported && e <= options.most_included_domain_e);
    }
    drop_doubles(hit);
  }
  return hits;
}

}  // namespace pleat::profile
