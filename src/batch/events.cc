#include "batch/events.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cmath>
#include <cstring>
#include <nlohmann/json.hpp>

#include "base/error.h"

namespace pleat::batch {
namespace {

// Seconds since 1970, to milliseconds.
double now() {
  using namespace std::chrono;
  constexpr double kMilli = 1000;
  return std::round(duration<double, std::milli>(system_clock::now().time_since_epoch()).count()) / kMilli;
}

}  // namespace

EventLog::EventLog(const fs::path& file) : file_(file) {
  if (file.empty()) return;
  descriptor_ = open(file.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
  if (descriptor_ < 0)
    throw Error(file.string(), std::string("the file can't be written: ") + std::strerror(errno));
}

EventLog::~EventLog() {
  if (descriptor_ >= 0) close(descriptor_);
}

void EventLog::add(std::string_view event, std::initializer_list<Field> fields) {
  if (descriptor_ < 0) return;
  nlohmann::ordered_json json = {{"time", now()}, {"event", event}};
  for (const Field& field : fields)
    std::visit([&](const auto& value) { json[field.first] = value; }, field.second);
  const std::string line = json.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
  const std::lock_guard lock(mutex_);
  if (write(descriptor_, line.data(), line.size()) != static_cast<ssize_t>(line.size()))
    throw Error(file_.string(), std::string("the file can't be written: ") + std::strerror(errno));
}

}  // namespace pleat::batch
