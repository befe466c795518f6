#include "base/child_process.h"

#include <poll.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <stdexcept>

#include "base/stopwatch.h"

namespace pleat {
namespace {

// The copy's side: the text, preceded by its length, so that half a text is known as such.
[[noreturn]] void answer(int pipe, const std::function<std::string()>& work) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);  // nobody waits once the program is gone
  int status = 1;
  try {
    const std::string text = work();
    const auto size = static_cast<uint64_t>(text.size());
    std::string message(reinterpret_cast<const char*>(&size), sizeof size);
    message += text;
    size_t done = 0;
    while (done < message.size()) {
      const ssize_t written = ::write(pipe, message.data() + done, message.size() - done);
      if (written < 0 && errno != EINTR) break;
      if (written > 0) done += static_cast<size_t>(written);
    }
    status = done == message.size() ? 0 : 1;
  } catch (...) {
  }
  ::_exit(status);
}

// Reads until the pipe is closed; false when the time is over before.
bool read_all(int pipe, double seconds, std::string& message) {
  const Stopwatch watch;
  std::array<char, 65536> buffer{};
  while (true) {
    const double left = seconds - watch.seconds();
    if (left <= 0) return false;
    constexpr double kLongestPoll = 3600;  // a poll's milliseconds are an int
    pollfd readable{pipe, POLLIN, 0};
    const int ready = ::poll(&readable, 1, static_cast<int>(std::min(left, kLongestPoll) * 1000) + 1);
    if (ready <= 0) continue;
    const ssize_t count = ::read(pipe, buffer.data(), buffer.size());
    if (count == 0) return true;
    if (count > 0) message.append(buffer.data(), static_cast<size_t>(count));
  }
}

}  // namespace

std::optional<std::string> run_in_copy(double seconds, const std::function<std::string()>& work) {
  std::array<int, 2> ends{};
  if (::pipe(ends.data()) != 0) throw std::runtime_error("no pipe can be made");
  const pid_t copy = ::fork();
  if (copy == 0) {
    ::close(ends[0]);
    answer(ends[1], work);
  }
  ::close(ends[1]);
  std::string message;
  const bool in_time = copy > 0 && read_all(ends[0], seconds, message);
  ::close(ends[0]);
  if (copy < 0) throw std::runtime_error("no process can be made");
  if (!in_time) ::kill(copy, SIGKILL);
  while (::waitpid(copy, nullptr, 0) < 0 && errno == EINTR) {
  }
  if (!in_time) return std::nullopt;
  uint64_t size = 0;
  const bool whole =
      message.size() >= sizeof size &&
      (message.copy(reinterpret_cast<char*>(&size), sizeof size), message.size() == sizeof size + size);
  if (!whole) throw std::runtime_error("the process ended without an answer");
  return message.substr(sizeof size);
}

}  // namespace pleat
