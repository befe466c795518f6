// Log messages of the libraries. Libraries never print: the program installs a sink; without a sink messages
// are dropped.
#pragma once

#include <fmt/format.h>

#include <functional>
#include <string>

namespace pleat {

enum class LogLevel { info, warning };

using LogSink = std::function<void(LogLevel, const std::string&)>;

// Replaces the sink of this process. The sink must accept calls from any thread, one at a time (log
// serialises).
void set_log_sink(LogSink sink);
void log(LogLevel level, const std::string& message);

template <class... Args>
void log_info(fmt::format_string<Args...> format, Args&&... args) {
  log(LogLevel::info, fmt::format(format, std::forward<Args>(args)...));
}

template <class... Args>
void log_warning(fmt::format_string<Args...> format, Args&&... args) {
  log(LogLevel::warning, fmt::format(format, std::forward<Args>(args)...));
}

}  // namespace pleat
