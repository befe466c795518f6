#include "profile/domains.h"

#include <algorithm>
#include <cctype>
#include <cmath>
#include <mutex>
#include <optional>
#include <stdexcept>

#include "base/text.h"
#include "profile/clusters.h"
#include "profile/traces.h"

namespace pleat::profile {
namespace {

constexpr float kTrigger = 0.25f, kEdge = 0.10f, kSeveral = 0.20f;
constexpr int kSamples = 200;

// Expected numbers of begins and ends up to each position, and each position's probability to be in a domain.
struct Occupancy {
  std::vector<float> begins, ends, inside;
};

bool decode_ends(const LengthModel& model, const Matrix& f, const Matrix& b, int t, Occupancy& out) {
  const int length = f.length - f.start[t];
  out.begins.assign(length + 1, 0.f), out.ends.assign(length + 1, 0.f), out.inside.assign(length + 1, 0.f);
  float product = static_cast<float>(1.0 / b.special(t, 0).n);
  for (int i = 1; i <= length; ++i) {
    const Specials &f0 = f.special(t, i - 1), &b0 = b.special(t, i - 1), &f1 = f.special(t, i),
                   &b1 = b.special(t, i);
    out.begins[i] = out.begins[i - 1] + (f0.begin * b0.begin * f0.scale * product);
    if (b.own_scales[t]) product *= f0.scale / b0.scale;
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

void null2_of_trace(const Profile& profile, const Step* from, const Step* to, AlignedVector<float>& usage,
                    float* null2) {
  usage.assign(static_cast<size_t>(profile.vectors) * kCells * 4, 0.f);
  int emitted = 0;
  for (const Step* step = from; step <= to; ++step) {
    if (step->i == 0) continue;
    ++emitted;
    const int node = step->k - 1;
    usage[(node % profile.vectors * kCells + kMatch) * 4 + node / profile.vectors] += 1.0f;
  }
  const float norm = static_cast<float>(1.0 / static_cast<float>(emitted));
  for (float& u : usage) u *= norm;
  null2_of_cells(profile, usage, null2);
}

// Part of a target: one domain, or several to be split.
struct Region {
  size_t target;
  int from, to;
  bool several;
};

// Part of a target that holds one domain.
struct Envelope {
  size_t target;
  int from, to;
  bool null2_known;
  int region;  // index of the split region; -1: none
  std::optional<Domain> domain;
};

class Finder {
 public:
  Finder(const Profile& profile, std::span<const Subject> subjects, Workspace& work)
      : profile_(profile), subjects_(subjects), work_(work), sets_(subjects.size()) {}

  std::vector<DomainSet> find() {
    find_regions();
    // Split regions come before the others of their target; only the order below depends on it.
    in_bundles(
        regions_, [](const Region& region) { return region.several; }, true,
        [&](std::span<Region* const> bundle) { split(bundle); });
    for (const Region& region : regions_)
      if (!region.several) envelopes_.push_back({region.target, region.from, region.to, false, -1, {}});
    std::stable_sort(envelopes_.begin(), envelopes_.end(), [](const Envelope& a, const Envelope& b) {
      return std::pair(a.target, a.from) < std::pair(b.target, b.from);
    });
    in_bundles(
        envelopes_, [](const Envelope&) { return true; }, false,
        [&](std::span<Envelope* const> bundle) { rescore(bundle); });
    collect();
    return std::move(sets_);
  }

 private:
  LengthModel model_of(size_t target, bool multihit) const {
    return LengthModel(static_cast<int>(subjects_[target].codes.size()), multihit);
  }
  template <class Part>
  Subject part(const Part& p, bool multihit) const {
    return {subjects_[p.target].codes.subspan(p.from - 1, p.to - p.from + 1), model_of(p.target, multihit)};
  }

  void find_regions() {
    Occupancy o;
    for (size_t t = 0; t < subjects_.size(); ++t) {
      const int length = static_cast<int>(subjects_[t].codes.size());
      sets_[t].null2.assign(length + 1, 0.f);
      sets_[t].dropped =
          !decode_ends(subjects_[t].model, work_.forward, work_.backward, static_cast<int>(t), o);
      if (!sets_[t].dropped) find_regions(t, o);
    }
  }

  void find_regions(size_t target, const Occupancy& o) {
    int i = -1;
    bool triggered = false;
    for (int j = 1; j < static_cast<int>(o.inside.size()); ++j) {
      if (!triggered) {
        if (o.inside[j] - (o.begins[j] - o.begins[j - 1]) < kEdge || i == -1) i = j;
        triggered = o.inside[j] >= kTrigger;
      } else if (o.inside[j] - (o.ends[j] - o.ends[j - 1]) < kEdge) {
        regions_.push_back({target, i, j, several_domains(o, i, j)});
        i = -1;
        triggered = false;
      }
    }
  }

  // Runs the action on the chosen parts, bundled by similar length, as many at a time as vectors and memory
  // allow.
  template <class Part, class Choose, class Action>
  void in_bundles(std::vector<Part>& parts, Choose chosen, bool multihit, Action action) {
    std::vector<Part*> order;
    for (Part& p : parts)
      if (chosen(p)) order.push_back(&p);
    std::stable_sort(order.begin(), order.end(),
                     [](const Part* a, const Part* b) { return a->to - a->from < b->to - b->from; });
    size_t count = 0;
    for (size_t at = 0; at < order.size(); at += count) {
      count = std::min<size_t>(order.size() - at, targets_at_a_time());
      const auto bytes = [&] {
        bundle_.clear();
        for (size_t b = 0; b < count; ++b) bundle_.push_back(part(*order[at + b], multihit));
        return 2 * Matrix::full_bytes(profile_, bundle_);
      };
      while (bytes() > kLargeMatrixBytes && count > 1) count = count > 2 ? 2 : 1;
      const bool large = bytes() > kLargeMatrixBytes;
      static std::mutex one_at_a_time;
      std::unique_lock lock(one_at_a_time, std::defer_lock);
      if (large) lock.lock();
      action(std::span<Part* const>(order.data() + at, count));
      if (large) work_.region_forward.release(), work_.region_backward.release();
    }
  }

  template <class Part>
  void run_forward(std::span<Part* const> parts, float* scores) {
    forward(profile_, bundle_, true, work_.region_forward, scores);
    for (size_t b = 0; b < parts.size(); ++b)
      if (std::isnan(scores[b])) throw OutOfRange{parts[b]->target};
  }

  void split(std::span<Region* const> regions) {
    float scores[kMostTargets];
    run_forward(regions, scores);
    for (size_t b = 0; b < regions.size(); ++b) {
      for (const Cluster& cluster : sample(*regions[b], static_cast<int>(b)))
        envelopes_.push_back({regions[b]->target,
                              cluster.i,
                              cluster.j,
                              true,
                              static_cast<int>(regions[b] - regions_.data()),
                              {}});
    }
  }

  // Samples paths through a region; returns their clusters, and the mean null2 of each position.
  std::vector<Cluster> sample(const Region& region, int b) {
    float* null2 = sets_[region.target].null2.data();
    std::fill(null2 + region.from, null2 + region.to + 1, 0.f);
    FastRandom random;
    std::vector<Segment> segments;
    for (int s = 0; s < kSamples; ++s) {
      add_sample(sample_trace(random, profile_, bundle_[b].model, work_.region_forward, b), s, region,
                 segments);
    }
    for (int at = region.from; at <= region.to; ++at)
      null2[at] = std::log(null2[at] / static_cast<float>(kSamples));
    return clusters(segments, kSamples);
  }

  void add_sample(const std::vector<Step>& trace, int sample, const Region& region,
                  std::vector<Segment>& segments) {
    float* sums = sets_[region.target].null2.data();
    const Target target = subjects_[region.target].codes;
    int at = region.from;
    const Step* begin = nullptr;
    Segment segment{};
    for (const Step& step : trace) {
      if (step.state == State::begin) begin = &step, segment = {sample, 0, 0, 0, 0};
      if (step.state == State::match) {
        if (segment.i == 0) segment.i = step.i + region.from - 1, segment.k = step.k;
        segment.j = step.i + region.from - 1, segment.m = step.k;
      }
      if (step.state != State::end) continue;
      segments.push_back(segment);
      float null2[kCodes];
      null2_of_trace(profile_, begin, &step, usage_, null2);
      for (; at <= segment.i; ++at) sums[at] += 1.0f;
      for (; at <= segment.j; ++at) sums[at] += null2[target[at - 1]];
    }
    for (; at <= region.to; ++at) sums[at] += 1.0f;
  }

  void rescore(std::span<Envelope* const> envelopes) {
    float scores[kMostTargets], null2[kMostTargets * kCodes];
    bool usable[kMostTargets];
    run_forward(envelopes, scores);
    Matrix &f = work_.region_forward, &p = work_.region_backward;
    backward(profile_, bundle_, f, true, p, usable);
    for (size_t b = 0; b < envelopes.size(); ++b)
      if (!usable[b]) throw OutOfRange{envelopes[b]->target};
    decode(bundle_, f, p, usable);
    null2_of_posteriors(profile_, p, null2);
    optimal_fill(profile_, bundle_, p, f);
    for (size_t b = 0; b < envelopes.size(); ++b) {
      if (!usable[b]) continue;
      Envelope& e = *envelopes[b];
      Domain& domain = e.domain.emplace();
      domain.env_from = e.from, domain.env_to = e.to;
      domain.env_score = scores[b];
      align(optimal_trace(profile_, bundle_[b].model, p, f, static_cast<int>(b)), e, domain);
      if (!e.null2_known) {
        const Target codes = bundle_[b].codes;
        for (int at = e.from; at <= e.to; ++at)
          sets_[e.target].null2[at] = std::log(null2[b * kCodes + codes[at - e.from]]);
      }
    }
  }

  // The alignment, from the first match of the path's domain to the last.
  void align(const std::vector<Step>& trace, const Envelope& envelope, Domain& domain) const {
    const Target target = subjects_[envelope.target].codes;
    const auto is_match = [](const Step& step) { return step.state == State::match; };
    const auto first = std::find_if(trace.begin(), trace.end(), is_match);
    const auto end =
        std::find_if(first, trace.end(), [](const Step& step) { return step.state == State::end; });
    if (first == trace.end()) throw std::runtime_error("a domain has no match");
    auto last = end;
    while (!is_match(*--last)) {
    }
    domain.from = first->i + envelope.from - 1, domain.to = last->i + envelope.from - 1;
    domain.row.assign(first->k - 1, '-');
    for (auto step = first; step <= last; ++step) {
      if (step->state == State::del) {
        domain.row += '-';
        continue;
      }
      const uint8_t code = target[step->i + envelope.from - 2];
      domain.has_gap |= code == kGapCode;
      const char letter = kLetters[code];
      domain.row += step->state == State::match ? letter : lower_case(letter);
    }
    domain.row.append(profile_.length - last->k, '-');
  }

  // Collects envelopes in the order of their target; within a split region, an envelope that starts inside
  // the previous one is an overlap.
  void collect() {
    int region = -1, last = 0;
    for (Envelope& e : envelopes_) {
      DomainSet& set = sets_[e.target];
      if (e.region >= 0) {
        if (e.region != region) region = e.region, last = 0;
        if (e.from <= last) ++set.overlaps;
      }
      if (!e.domain) continue;
      if (e.region >= 0) last = e.to;
      for (int at = e.from; at <= e.to; ++at) e.domain->correction += set.null2[at];
      set.domains.push_back(std::move(*e.domain));
    }
  }

  const Profile& profile_;
  const std::span<const Subject> subjects_;
  Workspace& work_;
  std::vector<DomainSet> sets_;
  std::vector<Region> regions_;
  std::vector<Envelope> envelopes_;
  std::vector<Subject> bundle_;
  AlignedVector<float> usage_;
};

}  // namespace

std::vector<DomainSet> find_domains(const Profile& profile, std::span<const Subject> subjects,
                                    Workspace& work) {
  return Finder(profile, subjects, work).find();
}

}  // namespace pleat::profile
