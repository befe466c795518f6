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
  // How many searches there are to come; each that has its turn, also when its result turns out to be kept.
  void expect(size_t searches);
  void take_one();

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
  size_t to_come_ = 0;
  std::multimap<std::chrono::steady_clock::time_point, std::string> under_way_;  // by start
};

}  // namespace pleat
