// The agent's log: one line per event, an event name and fields. Human-readable on a terminal, JSON
// otherwise. Fields are values, never whole messages of peers; nobody logs a secret. Any thread.
#pragma once

#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <variant>

#include "agent/base/result.h"

namespace murmel::service {

enum class LogLevel { kDebug, kInfo, kWarn, kError };
enum class LogFormat { kHuman, kJson };

struct LogField {
  std::string_view name;
  std::variant<std::int64_t, double, bool, std::string> value;

  template <std::integral T>
  requires(!std::same_as<T, bool>) LogField(std::string_view n, T v)
      : name(n), value(static_cast<std::int64_t>(v)) {}
  LogField(std::string_view n, bool v) : name(n), value(v) {}
  LogField(std::string_view n, double v) : name(n), value(v) {}
  LogField(std::string_view n, std::string v) : name(n), value(std::move(v)) {}
  LogField(std::string_view n, std::string_view v) : name(n), value(std::string(v)) {}
  LogField(std::string_view n, const char* v) : name(n), value(std::string(v)) {}
};
using LogFields = std::initializer_list<LogField>;

// `level` and `format` as in the configuration; "auto" looks at standard error. Before it is called, and in
// tests, nothing is written.
void start_log(const std::string& level, const std::string& format);

// The text of one event, without time: what the sinks write. For tests too.
std::string format_event(LogFormat format, std::string_view event, LogFields fields);

void log_event(LogLevel level, std::string_view event, LogFields fields = {});
inline void log_debug(std::string_view event, LogFields fields = {}) {
  log_event(LogLevel::kDebug, event, fields);
}
inline void log_info(std::string_view event, LogFields fields = {}) {
  log_event(LogLevel::kInfo, event, fields);
}
inline void log_warn(std::string_view event, LogFields fields = {}) {
  log_event(LogLevel::kWarn, event, fields);
}
inline void log_error(std::string_view event, LogFields fields = {}) {
  log_event(LogLevel::kError, event, fields);
}

}  // namespace murmel::service
