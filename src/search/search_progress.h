// Log lines about searches: started, ended, queued and running ones.
#pragma once

#include <functional>
#include <mutex>
#include <string>
#include <vector>

#include "base/stopwatch.h"

namespace pleat::search {

// Thread-safe.
class SearchProgress {
 public:
  // Called after each change, from any thread, one call at a time: how many of the expected searches have ended.
  using OnChange = std::function<void(size_t ended, size_t expected)>;

  // Fills the queue, and takes those from it whose turn has come, even if their results exist already.
  void expect(size_t searches, OnChange on_change = {});
  void take(size_t searches);

  // So many searches that run together, from construction to destruction.
  class Running {
   public:
    Running(SearchProgress& progress, std::string label, int threads, size_t searches = 1);
    ~Running();
    Running(const Running&) = delete;
    Running& operator=(const Running&) = delete;
    void succeeded() { succeeded_ = true; }
    size_t searches() const { return searches_; }

   private:
    SearchProgress& progress_;
    std::string label_;
    size_t searches_;
    Stopwatch watch_;
    bool succeeded_ = false;
  };

 private:
  void tell() const;

  std::mutex mutex_;
  OnChange on_change_;
  size_t expected_ = 0, queued_ = 0;
  std::vector<const Running*> running_;  // in order of start
};

}  // namespace pleat::search
