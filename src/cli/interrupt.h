// Ctrl-C, and the wish of a scheduler that the program ends.
#pragma once

#include <array>
#include <csignal>

#include "search/cancellation.h"

namespace pleat::cli {

// As long as it lives, the first SIGINT, SIGTERM or SIGHUP asks for an end at the next good moment and says so
// on stderr; the second one, of whichever kind, ends the program at once. A signal that was ignored stays so.
// One guard at a time.
class InterruptGuard {
 public:
  InterruptGuard();
  ~InterruptGuard();
  InterruptGuard(const InterruptGuard&) = delete;
  InterruptGuard& operator=(const InterruptGuard&) = delete;

  const search::Cancellation& cancellation() const;
  bool requested() const { return cancellation().requested(); }

 private:
  static constexpr std::array kSignals = {SIGINT, SIGTERM, SIGHUP};
  std::array<struct sigaction, kSignals.size()> before_{};
};

}  // namespace pleat::cli
