// Log lines about searches: what starts, what has ended, what is under way beside it.
#pragma once

#include <chrono>
#include <map>
#include <mutex>
#include <string>

namespace pleat {

// Safe from any thread.
class SearchProgress {
 public:
  // From its construction to its destruction a search is under way.
  class Running {
   public:
    Running(SearchProgress& progress, std::string label, int threads);
    ~Running();
    void succeeded() { succeeded_ = true; }

   private:
    SearchProgress& progress_;
    std::string label_;
    std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
    bool succeeded_ = false;
  };

 private:
  std::mutex mutex_;
  std::multimap<std::chrono::steady_clock::time_point, std::string> under_way_;  // by start
};

}  // namespace pleat
