#include "tests/unit/functions/test_session.h"

#include <cstdlib>

namespace murmel::functions {

bool TestSession::set(const std::string& name, const std::string& value) {
  if (name == "time_zone")
    zone = value;
  else if (name == "lc_time_names")
    names = value;
  else if (name == "collation")
    collation_name = value;
  else if (name == "block_encryption_mode")
    block_encryption_mode = value;
  else if (name == "default_week_format")
    week_format = std::atoi(value.c_str());
  else if (name == "group_concat_max_len")
    group_concat_max = static_cast<uint64_t>(std::atoll(value.c_str()));
  else if (name == "sql_mode") {
    mode = 0;
    auto has = [&](const char* flag) { return value.find(flag) != std::string::npos; };
    if (has("STRICT_TRANS_TABLES")) mode |= kStrictTables;
    if (has("NO_ZERO_DATE")) mode |= kNoZeroDate;
    if (has("NO_ZERO_IN_DATE")) mode |= kNoZeroInDate;
    if (has("ALLOW_INVALID_DATES")) mode |= kAllowInvalidDates;
    if (has("ERROR_FOR_DIVISION_BY_ZERO")) mode |= kErrorForDivisionByZero;
    if (has("NO_UNSIGNED_SUBTRACTION")) mode |= kNoUnsignedSubtraction;
    if (has("NO_BACKSLASH_ESCAPES")) mode |= kNoBackslashEscapes;
  } else {
    return false;
  }
  return true;
}

std::string TestSession::user_variable(std::string_view name) {
  auto found = variables.find(name);
  return found == variables.end() ? std::string() : found->second;
}

void TestSession::set_user_variable(std::string_view name, std::string encoded) {
  variables[std::string(name)] = std::move(encoded);
}

bool TestSession::unlock_name(const std::string& name) {
  const auto found = locks.find(name);
  if (found == locks.end()) return false;
  if (--found->second == 0) locks.erase(found);
  return true;
}

std::optional<uint64_t> TestSession::name_owner(const std::string& name) {
  if (name.starts_with("other")) return 7;
  if (locks.contains(name)) return 42;
  return std::nullopt;
}

int64_t TestSession::unlock_names() {
  int64_t times = 0;
  for (const auto& [name, held] : locks) times += held;
  locks.clear();
  return times;
}

void TestSession::diagnose(Level, int code, const std::string& message) {
  codes.push_back(code);
  last_message = message;
}

}  // namespace murmel::functions
