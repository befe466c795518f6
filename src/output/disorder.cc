// Relative accessibility per residue, smoothed along the chain.
#include "output/disorder.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "base/log.h"
#include "output/accessibility.h"
#include "output/number_text.h"

namespace pleat::output {
namespace {

constexpr int kWindow = 25;
constexpr double kDisordered = 0.581;

// Largest accessible surface in Angstrom^2 (Sander & Rost 1994). Other residues count as alanine.
double largest_surface(std::string_view residue) {
  static const std::map<std::string_view, double> areas = {
      {"ALA", 106}, {"ARG", 248}, {"ASN", 157}, {"ASP", 163}, {"CYS", 135}, {"GLN", 198}, {"GLU", 194},
      {"GLY", 84},  {"HIS", 184}, {"ILE", 169}, {"LEU", 164}, {"LYS", 205}, {"MET", 188}, {"PHE", 197},
      {"PRO", 136}, {"SER", 130}, {"THR", 142}, {"TRP", 227}, {"TYR", 222}, {"VAL", 142}};
  const auto found = areas.find(residue);
  return found == areas.end() ? areas.at("ALA") : found->second;
}

// The coordinate after writing it with three decimals and reading it back.
float printed(float coordinate) {
  const std::string text = fixed_text(coordinate, 3);
  float value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

// A residue with the backbone (N, CA, C, O) first: DSSP adds the areas in that order.
struct Residue {
  std::array<std::optional<SurfaceAtom>, 4> backbone;
  SurfaceResidue others;

  void add(const std::string& name, const std::string& element, const Point& position) {
    static constexpr std::array<std::string_view, 4> kBackbone = {"N", "CA", "C", "O"};
    const SurfaceAtom atom{position, surface_radius(name)};
    const auto found = std::find(kBackbone.begin(), kBackbone.end(), name);
    if (found != kBackbone.end())
      backbone[static_cast<size_t>(found - kBackbone.begin())] = atom;
    else if (element != "H")
      others.push_back(atom);
  }
  bool complete() const {
    return std::all_of(backbone.begin(), backbone.end(), [](const auto& atom) { return atom.has_value(); });
  }
  SurfaceResidue surface() const {
    SurfaceResidue atoms;
    for (const auto& atom : backbone) atoms.push_back(*atom);
    atoms.insert(atoms.end(), others.begin(), others.end());
    return atoms;
  }
};

std::vector<Residue> residues_of(const featurise::StructureLayout& layout, int chain,
                                 const PredictedAtoms& atoms) {
  std::vector<Residue> residues(layout.chains[static_cast<size_t>(chain)].residues.size());
  for (size_t a = 0; a < layout.atoms.size(); ++a) {
    const featurise::OutputAtom& atom = layout.atoms[a];
    if (atom.chain != chain) continue;
    const auto& [x, y, z] = atoms.positions[a];
    const Point position{printed(x), printed(y), printed(z)};
    residues[static_cast<size_t>(atom.residue)].add(atom.name, atom.element, position);
  }
  return residues;
}

// The smoothed relative accessibility of each complete residue; empty when none is complete.
std::vector<double> exposure(const featurise::StructureLayout& layout, int chain,
                             const PredictedAtoms& atoms) {
  const std::vector<Residue> residues = residues_of(layout, chain, atoms);
  std::vector<SurfaceResidue> surfaces;
  std::vector<double> largest;
  for (size_t r = 0; r < residues.size(); ++r) {
    if (!residues[r].complete()) continue;
    surfaces.push_back(residues[r].surface());
    largest.push_back(largest_surface(layout.chains[static_cast<size_t>(chain)].residues[r].name));
  }
  if (surfaces.empty()) return {};
  const std::vector<int> areas = accessible_surface(surfaces);
  std::vector<double> relative;
  for (size_t r = 0; r < areas.size(); ++r) relative.push_back(std::min(areas[r] / largest[r], 1.0));
  return windowed_mean(relative);
}

}  // namespace

std::vector<double> windowed_mean(std::span<const double> values) {
  const auto n = static_cast<int>(values.size());
  const int period = std::max(2 * (n - 1), 1);
  const auto reflected = [&](int i) {
    const int in_period = ((i % period) + period) % period;
    return values[static_cast<size_t>(in_period < n ? in_period : period - in_period)];
  };
  std::vector<double> means;
  for (int i = 0; i < n; ++i) {
    double sum = 0;
    for (int k = -(kWindow / 2); k <= kWindow / 2; ++k) sum += reflected(i + k);
    means.push_back(sum / kWindow);
  }
  return means;
}

double fraction_disordered(const featurise::StructureLayout& layout, const PredictedAtoms& atoms) {
  std::map<std::string, std::vector<double>> by_sequence;
  size_t residues = 0, disordered = 0;
  for (size_t c = 0; c < layout.chains.size(); ++c) {
    const featurise::OutputChain& chain = layout.chains[c];
    if (chain.type != chem::ChainType::protein) continue;
    auto found = by_sequence.find(chain.sequence);
    if (found == by_sequence.end()) {
      const std::vector<double> values = exposure(layout, static_cast<int>(c), atoms);
      if (values.empty()) {
        log_warning(
            "chain {}: no residue has all of N, CA, C and O; the fraction of disorder leaves out the chain",
            chain.id);
        continue;
      }
      found = by_sequence.emplace(chain.sequence, values).first;
    }
    const std::vector<double>& values = found->second;
    residues += values.size();
    disordered += static_cast<size_t>(
        std::count_if(values.begin(), values.end(), [](double value) { return value > kDisordered; }));
  }
  return residues == 0 ? 0.0 : static_cast<double>(disordered) / static_cast<double>(residues);
}

}  // namespace pleat::output
