// DSSP's accessible surface: tests points around each atom against the atoms near it. Uses single precision
// where DSSP does, so that areas round to the same integers.
#include "output/accessibility.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numbers>

namespace pleat::output {
namespace {

constexpr float kWater = 1.4f;
constexpr float kLargestRadius = 1.87f;
constexpr int kHalfPoints = 200;
constexpr int kPoints = 2 * kHalfPoints + 1;
constexpr float kPointArea = static_cast<float>(4 * std::numbers::pi / kPoints);

// Points on the unit sphere from pole to pole, turning by the golden ratio.
const std::array<Point, kPoints>& sphere_points() {
  static const std::array<Point, kPoints> points = [] {
    std::array<Point, kPoints> made;
    const float golden = (1 + std::sqrt(5.0f)) / 2;
    for (int i = -kHalfPoints; i <= kHalfPoints; ++i) {
      const float latitude = std::asin(2.0f * static_cast<float>(i) / kPoints);
      const auto longitude = static_cast<float>(
          std::fmod(static_cast<double>(i), static_cast<double>(golden)) * 2 * std::numbers::pi / golden);
      made[static_cast<size_t>(i + kHalfPoints)] = {std::sin(longitude) * std::cos(latitude),
                                                    std::cos(longitude) * std::cos(latitude),
                                                    std::sin(latitude)};
    }
    return made;
  }();
  return points;
}

float squared_distance(const Point& a, const Point& b) {
  const float x = a[0] - b[0], y = a[1] - b[1], z = a[2] - b[2];
  return x * x + y * y + z * z;
}

// The axis-parallel box around a residue's atom centres.
struct Box {
  Point low{}, high{};
};

Box box_around(const SurfaceResidue& residue) {
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  Box box{{kInfinity, kInfinity, kInfinity}, {-kInfinity, -kInfinity, -kInfinity}};
  for (const SurfaceAtom& atom : residue) {
    for (size_t k = 0; k < 3; ++k) {
      box.low[k] = std::min(box.low[k], atom.position[k]);
      box.high[k] = std::max(box.high[k], atom.position[k]);
    }
  }
  return box;
}

// Whether an atom in one box may have a neighbour in the other.
bool in_reach(const Box& a, const Box& b) {
  constexpr float kReach = 2 * (kLargestRadius + kWater) + 0.01f;
  for (size_t k = 0; k < 3; ++k)
    if (a.low[k] - b.high[k] > kReach || b.low[k] - a.high[k] > kReach) return false;
  return true;
}

// An atom that may cover test points of another: its position relative to that atom, and how near a water may
// come.
struct Neighbour {
  Point offset;
  double squared_reach, squared_distance;
};

void add_neighbours(const SurfaceAtom& atom, const SurfaceResidue& residue, std::vector<Neighbour>& found) {
  for (const SurfaceAtom& other : residue) {
    const double distance = squared_distance(atom.position, other.position);
    const double reach = static_cast<double>(other.radius) + kWater;
    const double touching = static_cast<double>(atom.radius) + kWater + reach;
    if (distance >= touching * touching || distance <= 1e-4) continue;
    const Point offset{other.position[0] - atom.position[0], other.position[1] - atom.position[1],
                       other.position[2] - atom.position[2]};
    found.push_back({offset, reach * reach, distance});
  }
}

float accessible_area(const SurfaceAtom& atom, const std::vector<Neighbour>& neighbours) {
  const float radius = atom.radius + kWater;
  float area = 0;
  for (const Point& unit : sphere_points()) {
    const Point point{unit[0] * radius, unit[1] * radius, unit[2] * radius};
    const bool is_free = std::all_of(neighbours.begin(), neighbours.end(), [&](const Neighbour& other) {
      return other.squared_reach < squared_distance(point, other.offset);
    });
    if (is_free) area += kPointArea;
  }
  return area * radius * radius;
}

float accessible_area(const SurfaceResidue& residue, const std::vector<const SurfaceResidue*>& near) {
  float area = 0;
  std::vector<Neighbour> neighbours;
  for (const SurfaceAtom& atom : residue) {
    neighbours.clear();
    for (const SurfaceResidue* other : near) add_neighbours(atom, *other, neighbours);
    // The nearest atom covers most points, so testing it first ends most searches at once.
    std::sort(neighbours.begin(), neighbours.end(),
              [](const Neighbour& a, const Neighbour& b) { return a.squared_distance < b.squared_distance; });
    area += accessible_area(atom, neighbours);
  }
  return area;
}

}  // namespace

float surface_radius(std::string_view atom_name) {
  if (atom_name == "N") return 1.65f;
  if (atom_name == "CA") return kLargestRadius;
  if (atom_name == "C") return 1.76f;
  if (atom_name == "O") return 1.4f;
  return 1.8f;
}

std::vector<int> accessible_surface(const std::vector<SurfaceResidue>& residues) {
  std::vector<Box> boxes;
  for (const SurfaceResidue& residue : residues) boxes.push_back(box_around(residue));
  std::vector<int> areas;
  std::vector<const SurfaceResidue*> near;
  for (size_t r = 0; r < residues.size(); ++r) {
    near.clear();
    for (size_t other = 0; other < residues.size(); ++other)
      if (in_reach(boxes[r], boxes[other])) near.push_back(&residues[other]);
    areas.push_back(static_cast<int>(std::floor(accessible_area(residues[r], near) + 0.5)));
  }
  return areas;
}

}  // namespace pleat::output
