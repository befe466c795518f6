// Divides a residue into runs (of equal residue names, of equal atom names) and decides each run by itself.
#include "chem/alt_loc.h"

#include <algorithm>
#include <functional>
#include <limits>

namespace pleat::chem {
namespace {

bool has_alt(const AltLocAtom& atom) { return atom.alt != '.' && atom.alt != '?'; }

bool is_hydrogen_letter(char c) { return c == 'H' || c == 'D'; }

bool same_atom(const AltLocAtom& a, const AltLocAtom& b) {
  if (a.atom_name == b.atom_name) return true;
  return !a.atom_name.empty() && !b.atom_name.empty() && is_hydrogen_letter(a.atom_name[0]) &&
         is_hydrogen_letter(b.atom_name[0]) && a.atom_name.substr(1) == b.atom_name.substr(1);
}

bool same_residue(const AltLocAtom& a, const AltLocAtom& b) { return a.residue_name == b.residue_name; }

struct Run {
  size_t begin = 0, end = 0;
};

// [begin, end) divided into runs of atoms that are `same` as the run's first.
std::vector<Run> runs(const std::vector<AltLocAtom>& atoms, Run all,
                      const std::function<bool(const AltLocAtom&, const AltLocAtom&)>& same) {
  std::vector<Run> out;
  for (size_t i = all.begin; i < all.end; ++i) {
    if (out.empty() || !same(atoms[i], atoms[out.back().begin])) out.push_back({i, i});
    out.back().end = i + 1;
  }
  return out;
}

// One alternate location of one residue name.
struct Location {
  char alt;
  int count;
  float occupancy_sum;
  float mean() const { return occupancy_sum / static_cast<float>(count); }
};

std::vector<Location> locations(const std::vector<AltLocAtom>& atoms, Run run) {
  std::vector<Location> out;
  for (size_t i = run.begin; i < run.end; ++i) {
    const auto is_it = [&](const Location& location) { return location.alt == atoms[i].alt; };
    auto found = std::find_if(out.begin(), out.end(), is_it);
    if (found == out.end()) found = out.insert(out.end(), {atoms[i].alt, 0, 0});
    ++found->count;
    found->occupancy_sum += atoms[i].occupancy;
  }
  return out;
}

std::vector<size_t> resolve_whole(const std::vector<AltLocAtom>& atoms) {
  Run best_residue;
  char best_alt = atoms.front().alt;
  float best_total = -std::numeric_limits<float>::infinity();
  for (const Run& residue : runs(atoms, {0, atoms.size()}, same_residue)) {
    const auto found = locations(atoms, residue);
    float total = 0;
    char smallest = found.front().alt;
    for (const Location& location : found) {
      total += location.mean();
      smallest = std::min(smallest, location.alt);
    }
    if (total < best_total || (total == best_total && smallest >= best_alt)) continue;
    const auto more = [](const Location& a, const Location& b) {
      return a.mean() > b.mean() || (a.mean() == b.mean() && a.alt < b.alt);
    };
    best_alt = std::min_element(found.begin(), found.end(), more)->alt;
    best_total = total;
    best_residue = residue;
  }
  std::vector<size_t> keep;
  for (const Run& run : runs(atoms, best_residue, same_atom)) {
    size_t chosen = run.begin;
    while (chosen < run.end && atoms[chosen].alt != best_alt) ++chosen;
    keep.push_back(chosen < run.end ? chosen : run.begin);
  }
  return keep;
}

size_t most_occupied(const std::vector<AltLocAtom>& atoms, Run run) {
  size_t best = run.begin;
  for (size_t i = run.begin + 1; i < run.end; ++i) {
    const float difference = atoms[i].occupancy - atoms[best].occupancy;
    if (difference > 0 || (difference == 0 && atoms[i].alt < atoms[best].alt)) best = i;
  }
  return best;
}

}  // namespace

std::vector<size_t> resolve_alt_locs(const std::vector<AltLocAtom>& residue) {
  if (!residue.empty() && std::all_of(residue.begin(), residue.end(), has_alt)) return resolve_whole(residue);
  std::vector<size_t> keep;
  for (size_t i = 0; i < residue.size();) {
    if (!has_alt(residue[i])) {
      keep.push_back(i++);
      continue;
    }
    size_t end = i;
    while (end < residue.size() && has_alt(residue[end])) ++end;
    for (const Run& run : runs(residue, {i, end}, same_atom)) keep.push_back(most_occupied(residue, run));
    i = end;
  }
  return keep;
}

}  // namespace pleat::chem
