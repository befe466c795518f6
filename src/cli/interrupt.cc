#include "cli/interrupt.h"

namespace pleat::cli {
namespace {

search::Cancellation interrupted;

void request(int) { interrupted.request(); }

}  // namespace

InterruptGuard::InterruptGuard() {
  struct sigaction action {};
  action.sa_handler = request;
  action.sa_flags = static_cast<int>(SA_RESETHAND) | SA_RESTART;
  for (size_t i = 0; i < kSignals.size(); ++i) {
    sigaction(kSignals[i], &action, &before_[i]);
    const bool ignored = before_[i].sa_handler == SIG_IGN;  // as nohup asks for
    if (ignored) sigaction(kSignals[i], &before_[i], nullptr);
  }
}

InterruptGuard::~InterruptGuard() {
  for (size_t i = 0; i < kSignals.size(); ++i) sigaction(kSignals[i], &before_[i], nullptr);
}

const search::Cancellation& InterruptGuard::cancellation() const { return interrupted; }

}  // namespace pleat::cli
