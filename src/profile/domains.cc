#include "profile/domains.h"

#include <algorithm>
#include <cctype>
#include <cmath>
#include <stdexcept>

#include "profile/clusters.h"
#include "profile/traces.h"

namespace pleat::profile {
namespace {

constexpr float kTrigger = 0.25f, kEdge = 0.10f, kSeveral = 0.20f;
constexpr int kSamples = 200;

// Expected begins and ends up to each position, and how likely each position is in a domain.
struct Occupancy {
  std::vector<float> begins, ends, inside;
};

bool decode_ends(const LengthModel& model, const Matrix& f, const Matrix& b, Occupancy& out) {
  const int length = f.length;
  out.begins.assign(length + 1, 0.f), out.ends.assign(length + 1, 0.f), out.inside.assign(length + 1, 0.f);
  float product = static_cast<float>(1.0 / b.rows[0].n);
  for (int i = 1; i <= length; ++i) {
    const Specials &f0 = f.rows[i - 1], &b0 = b.rows[i - 1], &f1 = f.rows[i], &b1 = b.rows[i];
    out.begins[i] = out.begins[i - 1] + (f0.begin * b0.begin * f0.scale * product);
    if (b.own_scales) product *= f0.scale / b0.scale;
    out.ends[i] = out.ends[i - 1] + (f1.end * b1.end * f1.scale * product);
    float outside = f0.n * b1.n * model.loop * product;
    outside += f0.j * b1.j * model.loop * product;
    outside += f0.c * b1.c * model.loop * product;
    out.inside[i] = static_cast<float>(1. - outside);
  }
  return !std::isinf(product);
}

bool several_domains(const Occupancy& o, int i, int j) {
  float most = -1;
  for (int z = i; z <= j; ++z) {
    most = std::max(most, std::min(o.ends[z] - o.ends[i - 1], o.begins[j] - o.begins[z - 1]));
  }
  return most >= kSeveral;
}

// Odds of each code given how often each node emits (in the Match and Insert cells of `usage`).
void null2_odds(const Profile& profile, const std::vector<Float4>& usage, float rest, float* null2) {
  for (int x = 0; x < kResidues; ++x) {
    Float4 sum{};
    for (int q = 0; q < profile.vectors; ++q) {
      sum = sum + usage[q * kCells + kMatch] * profile.odds[x][q];
      sum = sum + usage[q * kCells + kInsert];
    }
    null2[x] = total(sum) + rest;
  }
  for (int x = kResidues; x < kCodes; ++x) {
    float sum = 0;
    for (const int y : members(x)) sum += null2[y];
    null2[x] = members(x).empty() ? 1.f : sum / static_cast<float>(members(x).size());
  }
}

void null2_of_posteriors(const Profile& profile, const Matrix& p, float* null2) {
  const int count = profile.vectors * kCells;
  std::vector<Float4> usage(p.row(1), p.row(1) + count);
  float n = p.rows[1].n, c = p.rows[1].c, j = p.rows[1].j;
  for (int i = 2; i <= p.length; ++i) {
    for (int q = 0; q < count; ++q) usage[q] = p.row(i)[q] + usage[q];
    n += p.rows[i].n, c += p.rows[i].c, j += p.rows[i].j;
  }
  const float norm = static_cast<float>(1.0 / static_cast<float>(p.length));
  for (Float4& u : usage) u *= all(norm);
  n *= norm, c *= norm, j *= norm;
  null2_odds(profile, usage, n + c + j, null2);
}

void null2_of_trace(const Profile& profile, const Step* from, const Step* to, float* null2) {
  std::vector<Float4> usage(static_cast<size_t>(profile.vectors) * kCells, Float4{});
  int emitted = 0;
  for (const Step* step = from; step <= to; ++step) {
    if (step->i == 0) continue;
    ++emitted;
    const int node = step->k - 1;
    usage[node % profile.vectors * kCells + kMatch][node / profile.vectors] += 1.0f;
  }
  const float norm = static_cast<float>(1.0 / static_cast<float>(emitted));
  for (Float4& u : usage) u *= all(norm);
  null2_odds(profile, usage, 0.f, null2);
}

class Finder {
 public:
  Finder(const Profile& profile, Target target, Workspace& work, DomainSet& out)
      : profile_(profile),
        target_(target),
        work_(work),
        out_(out),
        multihit_(static_cast<int>(target.size()), true),
        unihit_(static_cast<int>(target.size()), false) {}

  bool find() {
    const int length = static_cast<int>(target_.size());
    out_.null2.assign(length + 1, 0.f);
    Occupancy o;
    if (!decode_ends(multihit_, work_.forward, work_.backward, o)) return false;
    int i = -1;
    bool triggered = false;
    for (int j = 1; j <= length; ++j) {
      if (!triggered) {
        if (o.inside[j] - (o.begins[j] - o.begins[j - 1]) < kEdge || i == -1) i = j;
        triggered = o.inside[j] >= kTrigger;
      } else if (o.inside[j] - (o.ends[j] - o.ends[j - 1]) < kEdge) {
        if (several_domains(o, i, j))
          split(i, j);
        else
          rescore(i, j, false);
        i = -1;
        triggered = false;
      }
    }
    return true;
  }

 private:
  Target part(int i, int j) const { return target_.subspan(i - 1, j - i + 1); }

  float run_forward(const LengthModel& model, int i, int j) {
    const float score = forward(profile_, model, part(i, j), true, work_.region_forward);
    if (std::isnan(score)) throw std::runtime_error("the chance of a region is out of range");
    return score;
  }

  void split(int i, int j) {
    run_forward(multihit_, i, j);
    const std::vector<Cluster> envelopes = sample(i, j);
    int last = 0;
    for (const Cluster& envelope : envelopes) {
      if (envelope.i <= last) ++out_.overlaps;
      if (rescore(envelope.i, envelope.j, true)) last = envelope.j;
    }
  }

  // Samples paths through i..j: their clusters, and the mean null2 of each position.
  std::vector<Cluster> sample(int i, int j) {
    std::fill(out_.null2.begin() + i, out_.null2.begin() + j + 1, 0.f);
    FastRandom random;
    std::vector<Segment> segments;
    for (int t = 0; t < kSamples; ++t) {
      add_sample(sample_trace(random, profile_, multihit_, work_.region_forward), t, i, j, segments);
    }
    for (int at = i; at <= j; ++at) out_.null2[at] = std::log(out_.null2[at] / static_cast<float>(kSamples));
    return clusters(segments, kSamples);
  }

  void add_sample(const std::vector<Step>& trace, int t, int i, int j, std::vector<Segment>& segments) {
    int at = i;
    const Step* begin = nullptr;
    Segment segment{};
    for (const Step& step : trace) {
      if (step.state == State::begin) begin = &step, segment = {t, 0, 0, 0, 0};
      if (step.state == State::match) {
        if (segment.i == 0) segment.i = step.i + i - 1, segment.k = step.k;
        segment.j = step.i + i - 1, segment.m = step.k;
      }
      if (step.state != State::end) continue;
      segments.push_back(segment);
      float null2[kCodes];
      null2_of_trace(profile_, begin, &step, null2);
      for (; at <= segment.i; ++at) out_.null2[at] += 1.0f;
      for (; at <= segment.j; ++at) out_.null2[at] += null2[target_[at - 1]];
    }
    for (; at <= j; ++at) out_.null2[at] += 1.0f;
  }

  bool rescore(int i, int j, bool null2_known) {
    Domain domain;
    domain.env_from = i, domain.env_to = j;
    domain.env_score = run_forward(unihit_, i, j);
    Matrix &f = work_.region_forward, &p = work_.region_backward;
    if (!backward(profile_, unihit_, part(i, j), f, true, p)) {
      throw std::runtime_error("the chance of a region is out of range");
    }
    if (!decode(unihit_, f, p)) return false;
    align(optimal_trace(profile_, unihit_, p, f), i, domain);
    if (!null2_known) {
      float null2[kCodes];
      null2_of_posteriors(profile_, p, null2);
      for (int at = i; at <= j; ++at) out_.null2[at] = std::log(null2[target_[at - 1]]);
    }
    for (int at = i; at <= j; ++at) domain.correction += out_.null2[at];
    out_.domains.push_back(std::move(domain));
    return true;
  }

  // From the first match to the last of the path's domain.
  void align(const std::vector<Step>& trace, int i, Domain& domain) const {
    const auto is_match = [](const Step& step) { return step.state == State::match; };
    const auto first = std::find_if(trace.begin(), trace.end(), is_match);
    const auto end =
        std::find_if(first, trace.end(), [](const Step& step) { return step.state == State::end; });
    if (first == trace.end()) throw std::runtime_error("a domain has no match");
    auto last = end;
    while (!is_match(*--last)) {
    }
    domain.from = first->i + i - 1, domain.to = last->i + i - 1;
    domain.row.assign(first->k - 1, '-');
    for (auto step = first; step <= last; ++step) {
      if (step->state == State::del) {
        domain.row += '-';
        continue;
      }
      const char letter = kLetters[target_[step->i + i - 2]];
      domain.row += step->state == State::match ? letter : static_cast<char>(std::tolower(letter));
    }
    domain.row.append(profile_.length - last->k, '-');
  }

  const Profile& profile_;
  const Target target_;
  Workspace& work_;
  DomainSet& out_;
  const LengthModel multihit_, unihit_;
};

}  // namespace

bool find_domains(const Profile& profile, Target target, Workspace& work, DomainSet& out) {
  out.domains.clear();
  out.overlaps = 0;
  return Finder(profile, target, work, out).find();
}

}  // namespace pleat::profile
