#include "agent/service/log.h"

#include <unistd.h>

#include <memory>

#include <fmt/format.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>
#include <nlohmann/json.hpp>

namespace murmel::service {
namespace {

// %* is LevelName. An event in JSON ends its object itself; time and level are put in front of its members.
constexpr char kHumanPattern[] = "%H:%M:%S.%e %* %v";
constexpr char kJsonPattern[] = R"({"time":"%Y-%m-%dT%H:%M:%S.%eZ","level":"%*",%v)";

// Written once by start_log before other threads exist.
std::shared_ptr<spdlog::logger>& logger() {
  static std::shared_ptr<spdlog::logger> instance;
  return instance;
}
LogFormat active_format = LogFormat::kJson;

spdlog::level::level_enum spdlog_level(LogLevel level) {
  switch (level) {
    case LogLevel::kDebug: return spdlog::level::debug;
    case LogLevel::kInfo: return spdlog::level::info;
    case LogLevel::kWarn: return spdlog::level::warn;
    case LogLevel::kError: return spdlog::level::err;
  }
  return spdlog::level::info;
}

nlohmann::json json_value(const LogField& field) {
  return std::visit([](const auto& value) { return nlohmann::json(value); }, field.value);
}

// Control characters would break "one line per event" and could drive a terminal.
std::string dump(const nlohmann::json& value) {
  return value.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

bool needs_quotes(const std::string& text) {
  for (const char c : text) {
    if (c == ' ' || c == '"' || c == '=' || static_cast<unsigned char>(c) < 0x20 || c == 0x7f) return true;
  }
  return text.empty();
}

std::string human_value(const LogField& field) {
  const auto* text = std::get_if<std::string>(&field.value);
  if (text != nullptr && !needs_quotes(*text)) return *text;
  return dump(json_value(field));
}

// Full names in place of spdlog's: "warn" is how the configuration spells it.
class LevelName final : public spdlog::custom_flag_formatter {
 public:
  explicit LevelName(std::size_t width) : width_(width) {}

  void format(const spdlog::details::log_msg& message, const std::tm&, spdlog::memory_buf_t& out) override {
    const std::string_view name = message.level == spdlog::level::debug  ? "debug"
                                  : message.level == spdlog::level::info ? "info"
                                  : message.level == spdlog::level::warn ? "warn"
                                                                         : "error";
    out.append(name.data(), name.data() + name.size());
    for (std::size_t i = name.size(); i < width_; ++i) out.push_back(' ');
  }
  std::unique_ptr<custom_flag_formatter> clone() const override {
    return std::make_unique<LevelName>(width_);
  }

 private:
  std::size_t width_;
};

}  // namespace

void start_log(const std::string& level, const std::string& format) {
  const bool terminal = isatty(STDERR_FILENO) == 1;
  const bool human = format == "human" || (format == "auto" && terminal);
  active_format = human ? LogFormat::kHuman : LogFormat::kJson;

  auto formatter = std::make_unique<spdlog::pattern_formatter>(human ? spdlog::pattern_time_type::local
                                                                     : spdlog::pattern_time_type::utc);
  formatter->add_flag<LevelName>('*', human ? std::size_t{5} : std::size_t{0});
  formatter->set_pattern(human ? kHumanPattern : kJsonPattern);
  logger() = std::make_shared<spdlog::logger>("murmel", std::make_shared<spdlog::sinks::stderr_sink_mt>());
  logger()->set_formatter(std::move(formatter));
  logger()->set_level(spdlog::level::from_str(level == "error" ? "err" : level));
  logger()->flush_on(spdlog::level::debug);
}

std::string format_event(LogFormat format, std::string_view event, LogFields fields) {
  switch (format) {
    case LogFormat::kHuman: {
      std::string line(event);
      for (const LogField& field : fields) line += fmt::format(" {}={}", field.name, human_value(field));
      return line;
    }
    case LogFormat::kJson: break;
  }
  std::string line = "\"event\":" + dump(std::string(event));
  for (const LogField& field : fields) line += fmt::format(",\"{}\":{}", field.name, dump(json_value(field)));
  return line + "}";
}

void log_event(LogLevel level, std::string_view event, LogFields fields) {
  if (!logger() || !logger()->should_log(spdlog_level(level))) return;
  logger()->log(spdlog_level(level), "{}", format_event(active_format, event, fields));
}

}  // namespace murmel::service
