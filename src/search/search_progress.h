// Log lines about searches: started, ended, queued and running ones.
#pragma once

#include <mutex>
#include <string>
#include <vector>

#include "base/stopwatch.h"

namespace pleat::search {

// Thread-safe.
class SearchProgress {
 public:
  // Adds searches to the queue, and takes those from it whose turn has come, even if their results exist
  // already.
  void expect(size_t searches);
  void take(size_t searches);

  // A running search, from construction to destruction.
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
  size_t queued_ = 0;
  std::vector<const Running*> running_;  // in order of start
};

}  // namespace pleat::search
