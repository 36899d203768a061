#include "agent/functions/call.h"

#include <sqlite3.h>

namespace murmel::functions {

bool Call::null(int index) const {
  return index >= count_ || sqlite3_value_type(values_[index]) == SQLITE_NULL;
}

bool Call::any_null() const {
  for (int i = 0; i < count_; ++i) {
    if (null(i)) return true;
  }
  return false;
}

bool Call::binary(int index) const {
  if (sqlite3_value_type(values_[index]) == SQLITE_BLOB) return true;
  return sqlite3_value_subtype(values_[index]) == tag_of(Kind::kBit);
}

bool Call::any_binary() const {
  for (int i = 0; i < count_; ++i) {
    if (binary(i)) return true;
  }
  return false;
}

std::string Call::collation(int index) const {
  return null(index) ? session_.collation() : text(index);
}

void* Call::kept(int index) const {
  return sqlite3_get_auxdata(context_, index);
}

void Call::keep(int index, void* made, void (*drop)(void*)) const {
  sqlite3_set_auxdata(context_, index, made, drop);
}

void Call::result_same(int index) const {
  sqlite3_result_value(context_, values_[index]);
}

void Call::result(const Value& value) const {
  write_value(context_, value);
}

void Call::result_string(std::string value, bool binary) const {
  uint64_t limit = session_.packet_bytes_max();
  if (value.size() > limit) {
    warn(1301, "Result of the function was larger than max_allowed_packet (" + std::to_string(limit) +
                   ") - truncated");
    return result(Value());
  }
  result(Value::of_text(std::move(value), binary ? Kind::kBinary : Kind::kText));
}

void Call::fail(int code, const std::string& message) const {
  session_.diagnose(Level::kError, code, message);
  sqlite3_result_error(context_, message.c_str(), static_cast<int>(message.size()));
}

}  // namespace murmel::functions
