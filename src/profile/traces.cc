#include "profile/traces.h"

#include <algorithm>
#include <limits>
#include <stdexcept>

namespace pleat::profile {
namespace {

constexpr float kNever = -std::numeric_limits<float>::infinity();

float step_odds(const Profile& profile, int k, Transition t) {
  if (k == 0) return 0;
  return profile.transition[(k - 1) % profile.vectors * kTransitions + t][(k - 1) / profile.vectors];
}

// Follows `choose(state, i, k)`, which gives the state before and may set k, from the end to the start.
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
    // A state that loops emits at its second visit, which stands before the first in the sequence.
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
  Sampler(FastRandom& random, const Profile& profile, const LengthModel& model, const Matrix& forward)
      : random_(random), profile_(profile), model_(model), f_(forward) {}

  State before(State state, int i, int& k) {
    const Specials& x = f_.rows[i];
    switch (state) {
      case State::match: {
        const float paths[] = {
            f_.rows[i - 1].begin * odds(k, kBM), f_.at(i - 1, k - 1, kMatch) * odds(k, kMM),
            f_.at(i - 1, k - 1, kInsert) * odds(k, kIM), f_.at(i - 1, k - 1, kDelete) * odds(k, kDM)};
        return pick(paths, {State::begin, State::match, State::insert, State::del});
      }
      case State::del: {
        const float paths[] = {f_.at(i, k - 1, kMatch) * odds(k - 1, kMD),
                               f_.at(i, k - 1, kDelete) * odds(k - 1, kDD)};
        return pick(paths, {State::match, State::del});
      }
      case State::insert: {
        const float paths[] = {f_.at(i - 1, k, kMatch) * odds(k, kMI),
                               f_.at(i - 1, k, kInsert) * odds(k, kII)};
        return pick(paths, {State::match, State::insert});
      }
      case State::n:
        return i == 0 ? State::start : State::n;
      case State::c:
      case State::j: {
        if (i == 0) throw std::runtime_error("no path through the model");
        const bool c = state == State::c;
        const float paths[] = {(c ? f_.rows[i - 1].c : f_.rows[i - 1].j) * model_.loop,
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
    const Float4 norm = all(static_cast<float>(1.0 / f_.rows[i].end));
    const Float4* row = f_.row(i);
    double sum = 0;
    for (int round = 0; round < 1000; ++round) {
      for (int q = 0; q < f_.vectors; ++q) {
        for (const Cell cell : {kMatch, kDelete}) {
          const Float4 chance = row[q * kCells + cell] * norm;
          for (int lane = 0; lane < 4; ++lane) {
            sum += chance[lane];
            if (roll < sum) {
              k = lane * f_.vectors + q + 1;
              return cell == kMatch ? State::match : State::del;
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
};

Float4 allowed(Float4 odds, Float4 value) {
  const auto open = odds > Float4{};
  return open ? value : Float4{};
}

Float4 greater(Float4 a, Float4 b) {
  const auto more = a > b;
  return more ? a : b;
}

float fill_cells(const Profile& profile, const Float4* p, float begin, const Float4* before, Float4* row) {
  const int vectors = profile.vectors;
  const Float4* t = profile.transition.data();
  Float4 pending = all(kNever), ends = all(kNever);
  Float4 m = shifted_up(before[(vectors - 1) * kCells + kMatch], kNever),
         d = shifted_up(before[(vectors - 1) * kCells + kDelete], kNever),
         i = shifted_up(before[(vectors - 1) * kCells + kInsert], kNever);
  for (int q = 0; q < vectors; ++q, t += kTransitions) {
    Float4 s = allowed(t[kBM], all(begin));
    s = greater(s, allowed(t[kMM], m));
    s = greater(s, allowed(t[kIM], i));
    s = greater(s, allowed(t[kDM], d));
    s = s + p[q * kCells + kMatch];
    ends = greater(ends, s);
    m = before[q * kCells + kMatch], d = before[q * kCells + kDelete], i = before[q * kCells + kInsert];
    row[q * kCells + kMatch] = s;
    row[q * kCells + kDelete] = pending;
    pending = allowed(t[kMD], s);
    row[q * kCells + kInsert] = greater(allowed(t[kMI], m), allowed(t[kII], i)) + p[q * kCells + kInsert];
  }
  for (int pass = 0; pass < 4; ++pass) {
    pending = shifted_up(pending, kNever);
    for (int q = 0; q < vectors; ++q) {
      Float4& cell = row[q * kCells + kDelete];
      cell = greater(pending, cell);
      pending = allowed(profile.transition[q * kTransitions + kDD], pass == 0 ? cell : pending);
    }
  }
  for (int q = 0; q < vectors; ++q) ends = greater(ends, row[q * kCells + kDelete]);
  return std::max(std::max(ends[0], ends[1]), std::max(ends[2], ends[3]));
}

void fill(const Profile& profile, const LengthModel& model, const Matrix& posterior, Matrix& out) {
  out.resize(profile, posterior.length, true);
  for (int q = 0; q < out.vectors * kCells; ++q) out.cells[q] = all(kNever);
  out.rows[0] = {.end = kNever, .n = 0, .j = kNever, .begin = 0, .c = kNever, .scale = 1};
  const bool loops = model.loop != 0.f, jumps = model.end_to_j != 0.f, moves = model.move != 0.f;
  for (int i = 1; i <= posterior.length; ++i) {
    const Specials& last = out.rows[i - 1];
    const Specials& p = posterior.rows[i];
    Specials& x = out.rows[i];
    x.end = fill_cells(profile, posterior.row(i), last.begin, out.row(i - 1), out.row(i));
    x.j = std::max(loops ? last.j + p.j : 0.f, jumps ? x.end : 0.f);
    x.c = std::max(loops ? last.c + p.c : 0.f, x.end);
    x.n = loops ? last.n + p.n : 0.f;
    x.begin = std::max(moves ? x.n : 0.f, moves ? x.j : 0.f);
  }
}

class Tracer {
 public:
  Tracer(const Profile& profile, const LengthModel& model, const Matrix& posterior, const Matrix& scores)
      : profile_(profile), model_(model), p_(posterior), x_(scores) {}

  State before(State state, int i, int& k) const {
    switch (state) {
      case State::match: {
        const float paths[] = {
            open(k, kMM, x_.at(i - 1, k - 1, kMatch)), open(k, kIM, x_.at(i - 1, k - 1, kInsert)),
            open(k, kDM, x_.at(i - 1, k - 1, kDelete)), open(k, kBM, x_.rows[i - 1].begin)};
        constexpr State states[] = {State::match, State::insert, State::del, State::begin};
        return states[std::max_element(paths, paths + 4) - paths];
      }
      case State::del:
        return open(k - 1, kMD, x_.at(i, k - 1, kMatch)) >= open(k - 1, kDD, x_.at(i, k - 1, kDelete))
                   ? State::match
                   : State::del;
      case State::insert:
        return open(k, kMI, x_.at(i - 1, k, kMatch)) >= open(k, kII, x_.at(i - 1, k, kInsert))
                   ? State::match
                   : State::insert;
      case State::n:
        return i == 0 ? State::start : State::n;
      case State::c:
      case State::j:
        return before_tail(state, i);
      case State::begin:
        return if_open(model_.move, x_.rows[i].n) > if_open(model_.move, x_.rows[i].j) ? State::n : State::j;
      default:
        return before_end(i, k);
    }
  }

 private:
  static float if_open(float odds, float value) { return odds == 0.f ? kNever : value; }
  float open(int k, Transition t, float value) const { return if_open(step_odds(profile_, k, t), value); }

  State before_tail(State state, int i) const {
    if (i == 0) throw std::runtime_error("no path through the model");
    const bool c = state == State::c;
    const float stay = c ? x_.rows[i - 1].c + p_.rows[i].c : x_.rows[i - 1].j + p_.rows[i].j;
    return if_open(model_.loop, stay) > if_open(c ? model_.end_to_c : model_.end_to_j, x_.rows[i].end)
               ? state
               : State::end;
  }

  State before_end(int i, int& k) const {
    const Float4* row = x_.row(i);
    float best = kNever;
    State state = State::match;
    for (int q = 0; q < x_.vectors; ++q) {
      for (int lane = 0; lane < 4; ++lane) {
        const float m = row[q * kCells + kMatch][lane];
        if (m >= best) best = m, state = State::match, k = lane * x_.vectors + q + 1;
      }
      for (int lane = 0; lane < 4; ++lane) {
        const float d = row[q * kCells + kDelete][lane];
        if (d > best) best = d, state = State::del, k = lane * x_.vectors + q + 1;
      }
    }
    return state;
  }

  const Profile& profile_;
  const LengthModel& model_;
  const Matrix& p_;
  const Matrix& x_;
};

}  // namespace

std::vector<Step> sample_trace(FastRandom& random, const Profile& profile, const LengthModel& model,
                               const Matrix& forward) {
  Sampler sampler(random, profile, model, forward);
  return traced(forward.length, [&](State state, int i, int& k) { return sampler.before(state, i, k); });
}

std::vector<Step> optimal_trace(const Profile& profile, const LengthModel& model, const Matrix& posterior,
                                Matrix& out) {
  fill(profile, model, posterior, out);
  const Tracer tracer(profile, model, posterior, out);
  return traced(posterior.length, [&](State state, int i, int& k) { return tracer.before(state, i, k); });
}

}  // namespace pleat::profile
