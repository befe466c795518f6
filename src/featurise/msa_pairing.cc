#include "featurise/msa_pairing.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <map>
#include <numeric>
#include <unordered_map>
#include <utility>

namespace pleat {
namespace {

constexpr std::ptrdiff_t kSmallPartition = 15;

// One introsort of indices by the strings they point to, with NumPy's choices of pivot and order of work.
class ArgIntrosort {
 public:
  explicit ArgIntrosort(const std::vector<std::string>& values) : values_(values), order_(values.size()) {
    std::iota(order_.begin(), order_.end(), 0);
  }

  std::vector<int> run() {
    struct Range {
      std::ptrdiff_t first, last;
      int depth;
    };
    const std::ptrdiff_t size = static_cast<std::ptrdiff_t>(order_.size());
    if (size == 0) return order_;
    std::vector<Range> ranges{{0, size - 1, 2 * static_cast<int>(std::log2(static_cast<double>(size)))}};
    while (!ranges.empty()) {
      auto [first, last, depth] = ranges.back();
      ranges.pop_back();
      bool sorted = depth < 0;
      if (sorted) heap_sort(first, last);
      while (!sorted && last - first > kSmallPartition) {
        const std::ptrdiff_t pivot = partition(first, last);
        --depth;
        // The larger side waits, the smaller is next.
        if (pivot - first < last - pivot) {
          ranges.push_back({pivot + 1, last, depth});
          last = pivot - 1;
        } else {
          ranges.push_back({first, pivot - 1, depth});
          first = pivot + 1;
        }
      }
      if (!sorted) insertion_sort(first, last);
    }
    return order_;
  }

 private:
  const std::string& value(std::ptrdiff_t i) const { return values_[static_cast<size_t>(at(i))]; }
  const int& at(std::ptrdiff_t i) const { return order_[static_cast<size_t>(i)]; }
  int& at(std::ptrdiff_t i) { return order_[static_cast<size_t>(i)]; }
  bool less(int a, int b) const { return values_[static_cast<size_t>(a)] < values_[static_cast<size_t>(b)]; }

  // Median of three as pivot; returns its final place.
  std::ptrdiff_t partition(std::ptrdiff_t first, std::ptrdiff_t last) {
    const std::ptrdiff_t middle = first + (last - first) / 2;
    if (less(at(middle), at(first))) std::swap(at(middle), at(first));
    if (less(at(last), at(middle))) std::swap(at(last), at(middle));
    if (less(at(middle), at(first))) std::swap(at(middle), at(first));
    const int pivot = at(middle);
    std::ptrdiff_t low = first, high = last - 1;
    std::swap(at(middle), at(high));
    while (true) {
      do ++low;
      while (low < high && less(at(low), pivot));
      do --high;
      while (low < high && less(pivot, at(high)));
      if (low >= high) break;
      std::swap(at(low), at(high));
    }
    std::swap(at(low), at(last - 1));
    return low;
  }

  void insertion_sort(std::ptrdiff_t first, std::ptrdiff_t last) {
    for (std::ptrdiff_t i = first + 1; i <= last; ++i) {
      const int moving = at(i);
      std::ptrdiff_t j = i;
      for (; j > first && less(moving, at(j - 1)); --j) at(j) = at(j - 1);
      at(j) = moving;
    }
  }

  void heap_sort(std::ptrdiff_t first, std::ptrdiff_t last) {
    const std::ptrdiff_t size = last - first + 1;
    for (std::ptrdiff_t root = size / 2; root >= 1; --root)
      sift_down(first, root, size, at(first + root - 1));
    for (std::ptrdiff_t end = size; end > 1; --end) {
      const int moving = at(first + end - 1);
      at(first + end - 1) = at(first);
      sift_down(first, 1, end - 1, moving);
    }
  }

  // Places `moving` into the heap of `size` elements (numbered from 1 at `first`) below `hole`.
  void sift_down(std::ptrdiff_t first, std::ptrdiff_t hole, std::ptrdiff_t size, int moving) {
    for (std::ptrdiff_t child = hole * 2; child <= size; child = hole * 2) {
      if (child < size && less(at(first + child - 1), at(first + child))) ++child;
      if (!less(moving, at(first + child - 1))) break;
      at(first + hole - 1) = at(first + child - 1);
      hole = child;
    }
    at(first + hole - 1) = moving;
  }

  const std::vector<std::string>& values_;
  std::vector<int> order_;
};

using SpeciesRows = std::map<std::string, std::vector<int>>;

SpeciesRows group_by_species(const std::vector<std::string>& species) {
  SpeciesRows groups;
  const bool unusable = species.empty() || (species.size() == 1 && species[0].empty());
  if (unusable) return groups;
  for (int row : numpy_argsort(species)) groups[species[static_cast<size_t>(row)]].push_back(row);
  return groups;
}

// Usable species by the number of chains that have them, most chains first; within one number in order of
// first appearance.
std::map<int, std::vector<std::string>, std::greater<>> rank_species(const std::vector<SpeciesRows>& chains) {
  std::unordered_map<std::string, int> chain_count;
  std::vector<std::string> appearance;
  for (const SpeciesRows& chain : chains) {
    for (const auto& [species, rows] : chain) {
      if (chain_count[species]++ == 0) appearance.push_back(species);
    }
  }
  std::map<int, std::vector<std::string>, std::greater<>> ranked;
  for (const std::string& species : appearance) {
    const int count = chain_count.at(species);
    if (!species.empty() && count > 1) ranked[count].push_back(species);
  }
  return ranked;
}

// The paired rows of one species: as many as the chain with the fewest has.
void append_species_block(const std::vector<SpeciesRows>& chains, const std::string& species, int max_hits,
                          std::vector<std::vector<int>>& block) {
  size_t hits = static_cast<size_t>(max_hits);
  for (const SpeciesRows& chain : chains) {
    const auto rows = chain.find(species);
    if (rows != chain.end()) hits = std::min(hits, rows->second.size());
  }
  for (size_t hit = 0; hit < hits; ++hit) {
    std::vector<int>& row = block.emplace_back();
    for (const SpeciesRows& chain : chains) {
      const auto rows = chain.find(species);
      row.push_back(rows == chain.end() ? -1 : rows->second[hit]);
    }
  }
}

float rank_of(const std::vector<int>& row) {
  float product = 1;
  for (int index : row) product *= static_cast<float>(index);
  return std::abs(product);
}

}  // namespace

std::vector<int> numpy_argsort(const std::vector<std::string>& values) { return ArgIntrosort(values).run(); }

std::vector<std::vector<int>> pair_rows(const std::vector<std::vector<std::string>>& species, int max_hits,
                                        int max_rows) {
  std::vector<SpeciesRows> chains;
  for (const auto& chain : species) chains.push_back(group_by_species(chain));

  std::vector<std::vector<int>> rows{std::vector<int>(chains.size(), 0)};
  size_t seen = 0;
  for (const auto& [count, names] : rank_species(chains)) {
    std::vector<std::vector<int>> block;
    for (const std::string& name : names) append_species_block(chains, name, max_hits, block);
    std::stable_sort(block.begin(), block.end(),
                     [](const auto& a, const auto& b) { return rank_of(a) < rank_of(b); });
    rows.insert(rows.end(), block.begin(), block.end());
    seen += block.size();
    if (seen >= static_cast<size_t>(max_rows)) break;
  }
  if (rows.size() > static_cast<size_t>(max_rows)) rows.resize(static_cast<size_t>(max_rows));
  return rows;
}

}  // namespace pleat
