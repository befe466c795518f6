// --log_json: what happens in a batch, for other programs. One JSON object a line; docs/batch.md has the
// events and their fields.
#pragma once

#include <initializer_list>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include "base/file.h"

namespace pleat::batch {

// Safe from any thread. Lines are appended whole, so that a run that goes on adds to the log of the first.
class EventLog {
 public:
  using Value = std::variant<std::string, double, int64_t>;
  using Field = std::pair<std::string, Value>;

  // Of an empty path: nothing is logged. Throws Error where the file can't be opened.
  explicit EventLog(const fs::path& file);
  ~EventLog();
  EventLog(const EventLog&) = delete;
  EventLog& operator=(const EventLog&) = delete;

  // {"time": seconds since 1970, "event": EVENT, ...}. Throws Error where the file can't be written.
  void add(std::string_view event, std::initializer_list<Field> fields = {});

 private:
  fs::path file_;
  int descriptor_ = -1;
  std::mutex mutex_;
};

}  // namespace pleat::batch
