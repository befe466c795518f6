#include "featurise/numpy_sort.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstddef>
#include <limits>
#include <numeric>
#include <utility>

namespace pleat::featurise {
namespace {

constexpr std::ptrdiff_t kSmallPartition = 15;

// Introsort of indices by the strings they point to, with NumPy's pivots and order of work.
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
        // The smaller side is next; the larger one waits.
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
  const std::string& value(std::ptrdiff_t i) const { return values_[at(i)]; }
  const int& at(std::ptrdiff_t i) const { return order_[i]; }
  int& at(std::ptrdiff_t i) { return order_[i]; }
  bool less(int a, int b) const { return values_[a] < values_[b]; }

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

  // Sifts `moving` down from `hole` in the heap of `size` elements (numbered from 1 at `first`).
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

// Quicksort of indices by the floats they point to, with the pivots and order of x86-simd-sort for AVX2.
class ArgSimdSort {
 public:
  explicit ArgSimdSort(const std::vector<float>& values) : values_(values), order_(values.size()) {
    std::iota(order_.begin(), order_.end(), 0);
  }

  std::vector<int> run() {
    const size_t size = order_.size();
    if (!std::is_sorted(values_.begin(), values_.end()))
      sort(0, size, 2 * static_cast<int>(std::log2(static_cast<double>(size))));
    return order_;
  }

 private:
  static constexpr size_t kNetwork = 256, kChunk = 16;

  float key(size_t i) const { return values_[order_[i]]; }

  // Sorts [first, last).
  void sort(size_t first, size_t last, int depth) {
    if (depth <= 0) {
      std::sort(order_.begin() + static_cast<std::ptrdiff_t>(first),
                order_.begin() + static_cast<std::ptrdiff_t>(last),
                [&](int a, int b) { return values_[a] < values_[b]; });
    } else if (last - first <= kNetwork) {
      bitonic_sort(first, last);
    } else {
      const float pivot = choose_pivot(first, last);
      const auto [smallest, biggest] = range(first, last);
      const size_t middle = partition(first, last, pivot);
      if (pivot != smallest) sort(first, middle, depth - 1);
      if (pivot != biggest) sort(middle, last, depth - 1);
    }
  }

  std::pair<float, float> range(size_t first, size_t last) const {
    float smallest = key(first), biggest = smallest;
    for (size_t i = first; i < last; ++i) {
      smallest = std::min(smallest, key(i));
      biggest = std::max(biggest, key(i));
    }
    return {smallest, biggest};
  }

  // The third smallest of four evenly spaced keys.
  float choose_pivot(size_t first, size_t last) const {
    const size_t step = (last - 1 - first) / 4;
    std::array<float, 4> keys = {key(first + step), key(first + 2 * step), key(first + 3 * step),
                                 key(first + 4 * step)};
    std::sort(keys.begin(), keys.end());
    return keys[2];
  }

  // Moves keys below the pivot to the front; returns where the others begin. Swaps single keys until whole
  // chunks of 16 remain. Then reads chunks from the side with less room and writes the lower keys forwards
  // from the front, the others backwards from the end. Writes the outermost two chunks last.
  size_t partition(size_t first, size_t last, float pivot) {
    for (size_t i = (last - first) % kChunk; i > 0; --i) {
      if (key(first) < pivot) {
        ++first;
      } else {
        std::swap(order_[first], order_[--last]);
      }
    }
    std::vector<int> lower, upper;
    const auto write_chunk = [&](size_t begin) {
      for (size_t i = begin; i < begin + kChunk; ++i) (key(i) < pivot ? lower : upper).push_back(order_[i]);
    };
    size_t left = first + kChunk, right = last - kChunk;
    while (left != right) {
      const size_t room_left = left - first - lower.size(), room_right = last - upper.size() - right;
      if (room_right < room_left) {
        right -= kChunk;
        write_chunk(right);
      } else {
        write_chunk(left);
        left += kChunk;
      }
    }
    write_chunk(first);
    write_chunk(last - kChunk);
    const auto begin = order_.begin() + static_cast<std::ptrdiff_t>(first);
    std::copy(upper.rbegin(), upper.rend(), std::copy(lower.begin(), lower.end(), begin));
    return first + lower.size();
  }

  // The bitonic network for the next power of two, padded with infinity; equal keys never change places.
  void bitonic_sort(size_t first, size_t last) {
    const size_t size = std::bit_ceil(last - first);
    std::vector<std::pair<float, int>> lanes(size, {std::numeric_limits<float>::infinity(), -1});
    for (size_t i = first; i < last; ++i) lanes[i - first] = {key(i), order_[i]};
    const auto compare = [&](size_t low, size_t high) {
      if (lanes[high].first < lanes[low].first) std::swap(lanes[low], lanes[high]);
    };
    for (size_t block = 2; block <= size; block *= 2) {
      for (size_t i = 0; i < size; ++i) {
        const size_t mirror = i / block * block + block - 1 - i % block;
        if (i < mirror) compare(i, mirror);
      }
      for (size_t distance = block / 4; distance >= 1; distance /= 2) {
        for (size_t i = 0; i < size; ++i) {
          if (i % (2 * distance) < distance) compare(i, i + distance);
        }
      }
    }
    for (size_t i = first; i < last; ++i) order_[i] = lanes[i - first].second;
  }

  const std::vector<float>& values_;
  std::vector<int> order_;
};

}  // namespace

std::vector<int> numpy_argsort(const std::vector<std::string>& values) { return ArgIntrosort(values).run(); }
std::vector<int> numpy_argsort(const std::vector<float>& values) { return ArgSimdSort(values).run(); }

}  // namespace pleat::featurise
