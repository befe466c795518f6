// A request to stop, checked by all long work. Set by Ctrl-C or by the failure of a job.
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

// Thrown by work that stops on request. Not an error.
struct Cancelled : std::exception {
  const char* what() const noexcept override { return "cancelled"; }
};

}  // namespace pleat::search
