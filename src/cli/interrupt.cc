#include "cli/interrupt.h"

#include <unistd.h>

#include <cerrno>
#include <string_view>

#include "cli/progress.h"

namespace pleat::cli {
namespace {

search::Cancellation interrupted;

// Calls only what a signal handler may call.
void request(int signal) {
  const int error = errno;
  if (interrupted.requested()) {
    struct sigaction end {};
    end.sa_handler = SIG_DFL;
    sigaction(signal, &end, nullptr);
    raise(signal);  // comes when the handler returns
  } else {
    interrupted.request();
    constexpr std::string_view kNote =
        "\npleat stops soon, after writing what is complete. Another signal ends it now.\n";
    forget_progress();
    [[maybe_unused]] const ssize_t written = write(STDERR_FILENO, kNote.data(), kNote.size());
  }
  errno = error;
}

}  // namespace

InterruptGuard::InterruptGuard() {
  struct sigaction action {};
  action.sa_handler = request;
  action.sa_flags = SA_RESTART;
  for (size_t i = 0; i < kSignals.size(); ++i) {
    sigaction(kSignals[i], &action, &before_[i]);
    const bool ignored = before_[i].sa_handler == SIG_IGN;  // for example by nohup
    if (ignored) sigaction(kSignals[i], &before_[i], nullptr);
  }
}

InterruptGuard::~InterruptGuard() {
  for (size_t i = 0; i < kSignals.size(); ++i) sigaction(kSignals[i], &before_[i], nullptr);
}

const search::Cancellation& InterruptGuard::cancellation() const { return interrupted; }

}  // namespace pleat::cli
