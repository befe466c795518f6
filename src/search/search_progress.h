// Log lines about searches: what starts, what has ended, what is under way beside it.
#pragma once

#include <mutex>
#include <string>
#include <vector>

#include "base/stopwatch.h"

namespace pleat::search {

// Safe from any thread.
class SearchProgress {
 public:
  // How many searches there are to come; those that have their turn, also when their results turn out to be kept.
  void expect(size_t searches);
  void take(size_t searches);

  // From its construction to its destruction a search is under way.
  class Running {
   public:
    Running(SearchProgress& progress, std::string label, int threads);
    ~Running();
    Running(const Running&) = delete;
    Running& operator=(const Running&) = delete;
    void succeeded() { succeeded_ = true; }

   private:
    SearchProgress& progress_;
    std::string label_;
    Stopwatch watch_;
    bool succeeded_ = false;
  };

 private:
  std::mutex mutex_;
  size_t to_come_ = 0;
  std::vector<const Running*> under_way_;  // as they started
};

}  // namespace pleat::search
