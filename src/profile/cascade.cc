#include "profile/cascade.h"

#include <fmt/format.h>

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

// log(exp(a) + exp(b)) from HMMER's table, whose steps are part of the result.
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

// The target's score: of the whole target, or of its domains alone if that is better.
void score_target(const DomainSet& set, float forward, float null, int length, Hit& hit) {
  const double per_residue =
      std::log(static_cast<double>(static_cast<float>(length) / static_cast<float>(length + 3)));
  const float bias = null2_bias(kahan_sum(set.null2.data(), static_cast<int>(set.null2.size())));
  hit.pre_score = bits(forward - null);
  hit.score = bits(forward - (null + bias));
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
  const float pre_sum = bits(sum - null);
  const float sum_score = bits(sum - (null + correction));
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

// Drops the worse of two overlapping domains with the same alignment.
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

void Counts::add(const Counts& other) {
  targets += other.targets, msv += other.msv, bias += other.bias, viterbi += other.viterbi;
  forward += other.forward, residues += other.residues, segments += other.segments;
}

Cascade::Cascade(const Codes& query, const Options& options)
    : profile_(query), options_(options), thresholds_(new std::atomic<uint8_t>[kLongestTarget + 1]()) {}

int Cascade::computed_threshold(int length) const {
  const LengthModel model(length, true);
  const float null = null_score(length);
  const Calibration& c = profile_.calibration;
  const int most = 255 - profile_.bias;
  int byte = kByteFloor;
  for (; byte < most; ++byte) {
    const float score = segment_score(profile_, model, byte);
    if (!(gumbel_survival(bits(score - null), c.msv_mu, c.lambda) > options_.f1)) break;
  }
  return byte;
}

int Cascade::threshold(int length) const {
  std::atomic<uint8_t>& kept = thresholds_[length];
  int byte = kept.load(std::memory_order_relaxed);
  if (byte == 0) kept.store(byte = computed_threshold(length), std::memory_order_relaxed);
  return byte;
}

void Cascade::search(const TargetSource& source, const TargetBlock& block, Workspace& work, Counts& counts,
                     std::vector<Hit>& hits) const {
  counts.targets += block.targets.size(), counts.residues += block.residues;
  const std::vector<size_t> segments = may_reach(block);
  counts.segments += segments.size();
  std::vector<Candidate> candidates = pass_msv(block, segments);
  counts.msv += candidates.size();
  pass_bias(candidates);
  counts.bias += candidates.size();
  pass_viterbi(candidates);
  counts.viterbi += candidates.size();
  // Bundles targets of similar length, so that few rows of a bundle are idle.
  std::stable_sort(candidates.begin(), candidates.end(), [](const Candidate& a, const Candidate& b) {
    return a.subject.codes.size() < b.subject.codes.size();
  });
  const size_t at_a_time = targets_at_a_time();
  for (size_t from = 0; from < candidates.size(); from += at_a_time) {
    const size_t count = std::min(at_a_time, candidates.size() - from);
    find_hits(source, block, std::span(candidates).subspan(from, count), work, counts, hits);
  }
}

std::vector<size_t> Cascade::may_reach(const TargetBlock& block) const {
  std::vector<size_t> left;
  for (size_t at = 0; at < block.targets.size(); ++at) {
    const Target codes = block.targets[at];
    if (codes.empty()) continue;
    const int least = threshold(static_cast<int>(codes.size()));
    if (least <= kByteFloor || profile::may_reach(profile_, codes, least)) left.push_back(at);
  }
  return left;
}

std::vector<Cascade::Candidate> Cascade::pass_msv(const TargetBlock& block,
                                                  const std::vector<size_t>& targets) const {
  std::vector<Candidate> left;
  for (const size_t at : targets) {
    const Target codes = block.targets[at];
    const int length = static_cast<int>(codes.size());
    const int segment = best_segment(profile_, codes);
    if (segment < threshold(length)) continue;
    Candidate c{at, {codes, LengthModel(length, true)}};
    c.null = null_score(length);
    c.segment = msv_filter(profile_, c.subject.model, codes, segment);
    const double p =
        gumbel_survival(bits(c.segment - c.null), profile_.calibration.msv_mu, profile_.calibration.lambda);
    if (!(p > options_.f1)) left.push_back(c);
  }
  return left;
}

void Cascade::pass_bias(std::vector<Candidate>& candidates) const {
  std::erase_if(candidates, [&](Candidate& c) {
    c.filter = bias_filter(profile_, c.subject.codes);
    return gumbel_survival(bits(c.segment - c.filter), profile_.calibration.msv_mu,
                           profile_.calibration.lambda) > options_.f1;
  });
}

// Skips targets whose segments already decide.
void Cascade::pass_viterbi(std::vector<Candidate>& candidates) const {
  const Calibration& calibration = profile_.calibration;
  std::erase_if(candidates, [&](const Candidate& c) {
    if (!(gumbel_survival(bits(c.segment - c.filter), calibration.msv_mu, calibration.lambda) > options_.f2))
      return false;
    const float score = viterbi_filter(profile_, c.subject.model, c.subject.codes);
    return gumbel_survival(bits(score - c.filter), calibration.viterbi_mu, calibration.lambda) > options_.f2;
  });
}

namespace {

[[noreturn]] void fail(const TargetSource& source, const TargetBlock& block, size_t at,
                       const std::string& what) {
  throw QueryError(fmt::format("{}, sequence {}", source.name(), split_header(source.header(block, at)).name),
                   what, "Search with --search_engine=hmmer, or remove the sequence.");
}

constexpr const char* kOutOfRange = "the chance of the alignment is out of range";

}  // namespace

std::span<Cascade::Candidate> Cascade::pass_forward(const TargetSource& source, const TargetBlock& block,
                                                    std::span<Candidate> bundle, Workspace& work,
                                                    std::vector<Subject>& subjects) const {
  const Calibration& calibration = profile_.calibration;
  const auto run = [&] {
    float scores[kMostTargets];
    subjects.clear();
    for (const Candidate& c : bundle) subjects.push_back(c.subject);
    forward(profile_, subjects, false, work.forward, scores);
    for (size_t t = 0; t < bundle.size(); ++t) {
      if (std::isnan(scores[t])) fail(source, block, bundle[t].at, kOutOfRange);
      bundle[t].forward = scores[t];
    }
  };
  run();
  const auto passed = std::stable_partition(bundle.begin(), bundle.end(), [&](const Candidate& c) {
    const double x = bits(c.forward - c.filter);
    const double tail =
        x < calibration.forward_tau
            ? 1.0
            : std::exp(-static_cast<double>(calibration.lambda) * (x - calibration.forward_tau));
    return !(tail > options_.f3);
  });
  const bool all = passed == bundle.end();
  bundle = bundle.first(static_cast<size_t>(passed - bundle.begin()));
  if (!all && !bundle.empty()) run();  // Backward reads the bundle's matrix
  return bundle;
}

void Cascade::find_hits(const TargetSource& source, const TargetBlock& block, std::span<Candidate> bundle,
                        Workspace& work, Counts& counts, std::vector<Hit>& hits) const {
  std::vector<Subject> subjects;
  bundle = pass_forward(source, block, bundle, work, subjects);
  counts.forward += bundle.size();
  if (bundle.empty()) return;
  bool usable[kMostTargets];
  backward(profile_, subjects, work.forward, false, work.backward, usable);
  for (size_t t = 0; t < bundle.size(); ++t)
    if (!usable[t]) fail(source, block, bundle[t].at, kOutOfRange);
  std::vector<DomainSet> sets;
  try {
    sets = find_domains(profile_, subjects, work);
  } catch (const OutOfRange& problem) {
    fail(source, block, bundle[problem.target].at, kOutOfRange);
  } catch (const std::runtime_error& problem) {
    fail(source, block, bundle[0].at, problem.what());
  }
  for (size_t t = 0; t < bundle.size(); ++t) {
    auto hit = hit_of(bundle[t], sets[t]);
    if (!hit) continue;
    const Header header = split_header(source.header(block, bundle[t].at));
    hit->name = header.name, hit->description = header.description;
    hit->ordinal = (block.ordinal << 24) + bundle[t].at;
    hits.push_back(std::move(*hit));
  }
}

std::optional<Hit> Cascade::hit_of(const Candidate& candidate, DomainSet& set) const {
  if (set.dropped || set.domains.empty()) return std::nullopt;
  const int length = static_cast<int>(candidate.subject.codes.size());
  Hit hit;
  score_target(set, candidate.forward, candidate.null, length, hit);
  hit.log_p = tail_log(hit.score, profile_.calibration.forward_tau, profile_.calibration.lambda);
  if (options_.size && std::exp(hit.log_p) * *options_.size > options_.most_e) return std::nullopt;
  hit.overlaps = set.overlaps;
  hit.domains = std::move(set.domains);
  score_domains(profile_, candidate.null, length, hit);
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
