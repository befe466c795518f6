// A request to stop, seen by everything that takes long: set by Ctrl-C or when a job has failed already.
#pragma once

#include <atomic>
#include <exception>

namespace pleat::search {

class Cancellation {
 public:
  void request() { requested_.store(true); }  // also from a signal handler
  bool requested() const { return requested_.load(); }

 private:
  std::atomic<bool> requested_{false};
  static_assert(std::atomic<bool>::is_always_lock_free);
};

// Thrown by work that was asked to stop. No error of the user's.
struct Cancelled : std::exception {
  const char* what() const noexcept override { return "cancelled"; }
};

}  // namespace pleat::search
