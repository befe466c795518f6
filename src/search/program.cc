// One fork and exec per program; the parent polls the pipes, the cancellation and the program's end in turn.
#include "search/program.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <string_view>

#include "base/error.h"

namespace pleat::search {
namespace {

constexpr int kPollMilliseconds = 20;
constexpr size_t kKeptErrorBytes = 4096;  // of the end of stderr
constexpr size_t kKeptErrorLines = 8;

// A pipe whose ends are not inherited by other programs.
struct Pipe {
  std::array<int, 2> ends{-1, -1};

  Pipe() {
    if (pipe2(ends.data(), O_CLOEXEC) != 0) {
      throw Error("pipe", std::strerror(errno), "Allow the program more open files (ulimit -n).");
    }
  }
  ~Pipe() {
    close_end(0);
    close_end(1);
  }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;

  void close_end(int end) {
    if (ends[end] >= 0) close(ends[end]);
    ends[end] = -1;
  }
  int read_end() const { return ends[0]; }
  int write_end() const { return ends[1]; }
};

// Reads the available bytes; closes the pipe at its end.
void drain(Pipe& pipe, std::string& into) {
  std::array<char, 65536> buffer;
  while (pipe.read_end() >= 0) {
    const ssize_t count = read(pipe.read_end(), buffer.data(), buffer.size());
    if (count > 0) {
      into.append(buffer.data(), static_cast<size_t>(count));
    } else if (count == 0) {
      pipe.close_end(0);
    } else if (errno != EINTR) {
      return;
    }
  }
}

std::string command_line(const std::vector<std::string>& arguments) {
  std::string text;
  for (const std::string& argument : arguments) text += (text.empty() ? "" : " ") + argument;
  return text;
}

// The last lines of `text`, in one line.
std::string last_lines(std::string_view text) {
  std::vector<std::string> lines;
  while (!text.empty() && lines.size() < kKeptErrorLines) {
    const size_t newline = text.rfind('\n');
    const std::string_view line = newline == text.npos ? text : text.substr(newline + 1);
    text = newline == text.npos ? std::string_view() : text.substr(0, newline);
    if (line.find_first_not_of(" \t\r") != line.npos) lines.emplace_back(line);
  }
  std::string joined;
  for (auto line = lines.rbegin(); line != lines.rend(); ++line)
    joined += (joined.empty() ? "" : " | ") + *line;
  return joined;
}

// Runs in the child, where only async-signal-safe calls are allowed. Writes errno to `failure` when the
// program cannot be started.
[[noreturn]] void start(char* const* arguments, int output, int errors, int failure, pid_t parent) {
  setpgid(0, 0);
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) _exit(127);  // the parent died before the child could watch it
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  for (const int signal_number : {SIGINT, SIGTERM, SIGPIPE}) signal(signal_number, SIG_DFL);
  const int null = open("/dev/null", O_RDWR);
  const bool ready = null >= 0 && dup2(null, STDIN_FILENO) >= 0 &&
                     dup2(output >= 0 ? output : null, STDOUT_FILENO) >= 0 &&
                     dup2(errors, STDERR_FILENO) >= 0;
  close_range(3, ~0U, CLOSE_RANGE_CLOEXEC);
  if (ready) execv(arguments[0], arguments);
  const int reason = errno;
  if (write(failure, &reason, sizeof(reason)) < 0) _exit(126);
  _exit(127);
}

// A running program. The destructor kills it, with all that it started, unless it has ended.
class Child {
 public:
  Child(const std::vector<std::string>& arguments, int output, int errors) {
    Pipe failure;
    std::vector<char*> pointers;
    for (const std::string& argument : arguments) pointers.push_back(const_cast<char*>(argument.c_str()));
    pointers.push_back(nullptr);
    const pid_t parent = getpid();
    id_ = fork();
    if (id_ == 0) start(pointers.data(), output, errors, failure.write_end(), parent);
    int reason = id_ < 0 ? errno : 0;
    failure.close_end(1);
    if (id_ > 0) {
      setpgid(id_, id_);  // in parent and child: either may run first
      if (read(failure.read_end(), &reason, sizeof(reason)) == sizeof(reason)) wait();
    }
    if (reason != 0) {
      throw Error(command_line(arguments),
                  std::string("the program can't be started: ") + std::strerror(reason));
    }
  }
  ~Child() {
    if (id_ <= 0) return;
    kill(-id_, SIGKILL);
    wait();
  }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  // Whether the program has ended; its status is then known.
  bool ended() {
    if (id_ > 0 && waitpid(id_, &status_, WNOHANG) == id_) id_ = 0;
    return id_ <= 0;
  }
  int status() const { return status_; }

 private:
  void wait() {
    while (waitpid(id_, &status_, 0) < 0 && errno == EINTR) {
    }
    id_ = 0;
  }

  pid_t id_ = 0;
  int status_ = 0;
};

[[noreturn]] void throw_failure(const std::vector<std::string>& arguments, int status,
                                const std::string& errors) {
  const std::string lines = last_lines(errors);
  const std::string wrote = lines.empty() ? "" : "; its last output: " + lines;
  if (WIFEXITED(status)) {
    throw Error(command_line(arguments),
                "the program failed with exit status " + std::to_string(WEXITSTATUS(status)) + wrote);
  }
  const int number = WTERMSIG(status);
  throw Error(
      command_line(arguments),
      "the program ended by signal " + std::to_string(number) + " (" + strsignal(number) + ")" + wrote,
      number == SIGKILL ? "The machine may be out of memory: run fewer searches at a time." : "");
}

void wait_for_input(const Pipe& output, const Pipe& errors) {
  std::array<pollfd, 2> inputs = {pollfd{output.read_end(), POLLIN, 0}, pollfd{errors.read_end(), POLLIN, 0}};
  // With both pipes closed the program is about to end: look again soon.
  const bool closed = output.read_end() < 0 && errors.read_end() < 0;
  poll(inputs.data(), inputs.size(), closed ? 1 : kPollMilliseconds);
}

}  // namespace

std::string run_program(const std::vector<std::string>& arguments, const Cancellation& cancellation,
                        bool keep_output) {
  if (cancellation.requested()) throw Cancelled();
  Pipe output, errors;
  Child child(arguments, keep_output ? output.write_end() : -1, errors.write_end());
  for (Pipe* pipe : {&output, &errors}) {
    pipe->close_end(1);
    fcntl(pipe->read_end(), F_SETFL, O_NONBLOCK);
  }
  std::string text, error_text;
  const auto read_all = [&] {
    drain(output, text);
    drain(errors, error_text);
    if (error_text.size() > 2 * kKeptErrorBytes) error_text.erase(0, error_text.size() - kKeptErrorBytes);
  };
  while (!child.ended()) {
    if (cancellation.requested()) throw Cancelled();
    wait_for_input(output, errors);
    read_all();
  }
  read_all();
  const int status = child.status();
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) throw_failure(arguments, status, error_text);
  return text;
}

fs::path find_program(const std::string& name_or_path, const std::string& setting) {
  const auto executable = [](const fs::path& path) {
    std::error_code ignored;
    return fs::is_regular_file(path, ignored) && access(path.c_str(), X_OK) == 0;
  };
  const std::string fix = "Install the program, or give its path with " + setting + ".";
  if (name_or_path.find('/') != std::string::npos) {
    if (!executable(name_or_path)) throw Error(name_or_path, "there is no such program", fix);
    return name_or_path;
  }
  const char* set = std::getenv("PATH");
  std::string_view rest = set ? set : "";
  while (!rest.empty()) {
    const size_t colon = std::min(rest.find(':'), rest.size());
    const fs::path path = fs::path(rest.substr(0, colon)) / name_or_path;
    if (colon > 0 && executable(path)) return path;
    rest.remove_prefix(std::min(colon + 1, rest.size()));
  }
  throw Error(name_or_path, "there is no such program in PATH", fix);
}

}  // namespace pleat::search
