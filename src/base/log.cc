#include "base/log.h"

#include <mutex>

namespace pleat {
namespace {

std::mutex mutex;
LogSink& sink() {
  static LogSink instance;
  return instance;
}

}  // namespace

void set_log_sink(LogSink replacement) {
  std::lock_guard lock(mutex);
  sink() = std::move(replacement);
}

void log(LogLevel level, const std::string& message) {
  std::lock_guard lock(mutex);
  if (sink()) sink()(level, message);
}

}  // namespace pleat
