#include "profile/traces.h"

#include <algorithm>
#include <limits>
#include <stdexcept>

namespace pleat::profile {
namespace {

constexpr float kNever = -std::numeric_limits<float>::infinity();

float step_odds(const Profile& profile, int k, Transition t) {
  if (k == 0) return 0;
  return profile.transition[((k - 1) % profile.vectors * kTransitions + t) * 4 + (k - 1) / profile.vectors];
}

// Follows `choose(state, i, k)`, which returns the previous state and may set k, from the end to the start.
template <typename Choose>
std::vector<Step> traced(int length, Choose choose_before) {
  std::vector<Step> steps = {{State::c, 0, 0}};
  State state = State::c;
  int i = length, k = 0;
  const size_t most = 4 * static_cast<size_t>(length) + 1000000;
  while (state != State::start) {
    const State before = choose_before(state, i, k);
    if (state == State::match) --k, --i;
    if (state == State::del) --k;
    if (state == State::insert) --i;
    const bool emits = before == State::match || before == State::insert;
    const bool loops = before == state && (before == State::n || before == State::j || before == State::c);
    if (i < 0 || k < 0 || steps.size() > most) throw std::runtime_error("no path through the model");
    const bool in_model = emits || before == State::del;
    // A looping state emits at its second visit, which precedes the first in the sequence.
    if (before == State::end || before == State::begin) k = before == State::end ? k : 0;
    steps.push_back({before, in_model ? k : 0, emits || loops ? i : 0});
    if (loops) --i;
    state = before;
  }
  std::reverse(steps.begin(), steps.end());
  return steps;
}

class Sampler {
 public:
  Sampler(FastRandom& random, const Profile& profile, const LengthModel& model, const Matrix& forward,
          int target)
      : random_(random), profile_(profile), model_(model), f_(forward), target_(target) {}

  State before(State state, int i, int& k) {
    const Specials& x = states(i);
    switch (state) {
      case State::match: {
        const float paths[] = {states(i - 1).begin * odds(k, kBM), cell(i - 1, k - 1, kMatch) * odds(k, kMM),
                               cell(i - 1, k - 1, kInsert) * odds(k, kIM),
                               cell(i - 1, k - 1, kDelete) * odds(k, kDM)};
        return pick(paths, {State::begin, State::match, State::insert, State::del});
      }
      case State::del: {
        const float paths[] = {cell(i, k - 1, kMatch) * odds(k - 1, kMD),
                               cell(i, k - 1, kDelete) * odds(k - 1, kDD)};
        return pick(paths, {State::match, State::del});
      }
      case State::insert: {
        const float paths[] = {cell(i - 1, k, kMatch) * odds(k, kMI), cell(i - 1, k, kInsert) * odds(k, kII)};
        return pick(paths, {State::match, State::insert});
      }
      case State::n:
        return i == 0 ? State::start : State::n;
      case State::c:
      case State::j: {
        if (i == 0) throw std::runtime_error("no path through the model");
        const bool c = state == State::c;
        const float paths[] = {(c ? states(i - 1).c : states(i - 1).j) * model_.loop,
                               x.end * (c ? model_.end_to_c : model_.end_to_j) * x.scale};
        return pick(paths, {state, State::end});
      }
      case State::begin: {
        const float paths[] = {x.n * model_.move, x.j * model_.move};
        return pick(paths, {State::n, State::j});
      }
      default:
        return before_end(i, k);
    }
  }

 private:
  const Specials& states(int i) const { return f_.special(target_, i); }
  float cell(int i, int k, Cell kind) const { return f_.at(target_, i, k, kind); }
  float odds(int k, Transition t) const { return step_odds(profile_, k, t); }

  template <int n>
  State pick(const float (&paths)[n], std::initializer_list<State> states) {
    float normal[n];
    std::copy(paths, paths + n, normal);
    normalise(normal, n);
    return *(states.begin() + choose(random_, normal, n));
  }

  State before_end(int i, int& k) {
    const double roll = random_.next();
    const float norm = static_cast<float>(1.0 / states(i).end);
    double sum = 0;
    for (int round = 0; round < 1000; ++round) {
      for (int q = 0; q < f_.vectors; ++q) {
        for (const Cell kind : {kMatch, kDelete}) {
          const float* lanes = f_.lanes_of(target_, i, q, kind);
          for (int lane = 0; lane < 4; ++lane) {
            sum += lanes[lane] * norm;
            if (roll < sum) {
              k = lane * f_.vectors + q + 1;
              return kind == kMatch ? State::match : State::del;
            }
          }
        }
      }
    }
    throw std::runtime_error("no path through the model");
  }

  FastRandom& random_;
  const Profile& profile_;
  const LengthModel& model_;
  const Matrix& f_;
  const int target_;
};

class Tracer {
 public:
  Tracer(const Profile& profile, const LengthModel& model, const Matrix& posterior, const Matrix& scores,
         int target)
      : profile_(profile), model_(model), p_(posterior), x_(scores), target_(target) {}

  State before(State state, int i, int& k) const {
    switch (state) {
      case State::match: {
        const float paths[] = {open(k, kMM, cell(i - 1, k - 1, kMatch)),
                               open(k, kIM, cell(i - 1, k - 1, kInsert)),
                               open(k, kDM, cell(i - 1, k - 1, kDelete)), open(k, kBM, states(i - 1).begin)};
        constexpr State states[] = {State::match, State::insert, State::del, State::begin};
        return states[std::max_element(paths, paths + 4) - paths];
      }
      case State::del:
        return open(k - 1, kMD, cell(i, k - 1, kMatch)) >= open(k - 1, kDD, cell(i, k - 1, kDelete))
                   ? State::match
                   : State::del;
      case State::insert:
        return open(k, kMI, cell(i - 1, k, kMatch)) >= open(k, kII, cell(i - 1, k, kInsert)) ? State::match
                                                                                             : State::insert;
      case State::n:
        return i == 0 ? State::start : State::n;
      case State::c:
      case State::j:
        return before_tail(state, i);
      case State::begin:
        return if_open(model_.move, states(i).n) > if_open(model_.move, states(i).j) ? State::n : State::j;
      default:
        return before_end(i, k);
    }
  }

 private:
  const Specials& states(int i) const { return x_.special(target_, i); }
  float cell(int i, int k, Cell kind) const { return x_.at(target_, i, k, kind); }
  static float if_open(float odds, float value) { return odds == 0.f ? kNever : value; }
  float open(int k, Transition t, float value) const { return if_open(step_odds(profile_, k, t), value); }

  State before_tail(State state, int i) const {
    if (i == 0) throw std::runtime_error("no path through the model");
    const bool c = state == State::c;
    const float stay =
        c ? states(i - 1).c + p_.special(target_, i).c : states(i - 1).j + p_.special(target_, i).j;
    return if_open(model_.loop, stay) > if_open(c ? model_.end_to_c : model_.end_to_j, states(i).end)
               ? state
               : State::end;
  }

  State before_end(int i, int& k) const {
    float best = kNever;
    State state = State::match;
    for (int q = 0; q < x_.vectors; ++q) {
      for (int lane = 0; lane < 4; ++lane) {
        const float m = x_.lanes_of(target_, i, q, kMatch)[lane];
        if (m >= best) best = m, state = State::match, k = lane * x_.vectors + q + 1;
      }
      for (int lane = 0; lane < 4; ++lane) {
        const float d = x_.lanes_of(target_, i, q, kDelete)[lane];
        if (d > best) best = d, state = State::del, k = lane * x_.vectors + q + 1;
      }
    }
    return state;
  }

  const Profile& profile_;
  const LengthModel& model_;
  const Matrix& p_;
  const Matrix& x_;
  const int target_;
};

}  // namespace

std::vector<Step> sample_trace(FastRandom& random, const Profile& profile, const LengthModel& model,
                               const Matrix& forward, int target) {
  Sampler sampler(random, profile, model, forward, target);
  return traced(forward.length - forward.start[target],
                [&](State state, int i, int& k) { return sampler.before(state, i, k); });
}

std::vector<Step> optimal_trace(const Profile& profile, const LengthModel& model, const Matrix& posterior,
                                const Matrix& scores, int target) {
  const Tracer tracer(profile, model, posterior, scores, target);
  return traced(posterior.length - posterior.start[target],
                [&](State state, int i, int& k) { return tracer.before(state, i, k); });
}

}  // namespace pleat::profile
