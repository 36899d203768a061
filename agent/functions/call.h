// One call of a function by SQLite: its arguments, its session, its result. Functions are plain C++ over
// this. Thread rule: lives for one call, on the connection's thread.
#pragma once

#include <string>
#include <utility>

#include "agent/functions/session.h"
#include "agent/functions/value.h"

struct sqlite3_context;
struct sqlite3_value;

namespace murmel::functions {

struct Function;

class Call {
 public:
  Call(sqlite3_context* context, int count, sqlite3_value** values, Session& session,
       const Function& function)
      : context_(context), count_(count), values_(values), session_(session), function_(function) {}

  int count() const { return count_; }
  bool has(int index) const { return index < count_; }
  bool null(int index) const;
  bool any_null() const;
  Session& session() const { return session_; }
  const Function& function() const { return function_; }

  Value value(int index) const { return read_value(values_[index]); }
  // Conversions of an argument; warnings go to the session. NULL gives zero or an empty text.
  std::string text(int index) const { return to_text(value(index)); }
  double real(int index) const { return to_double(value(index), &session_); }
  int64_t integer(int index) const { return to_integer(value(index), &session_); }
  bool binary(int index) const;
  bool any_binary() const;
  // An argument that names a collation, or the session's when it is absent or NULL.
  std::string collation(int index) const;
  // SQLite's own look at an argument, for fast paths.
  sqlite3_value* raw(int index) const { return values_[index]; }

  // Something that was made of an argument which is constant in the statement; null if nothing is kept.
  void* kept(int index) const;
  void keep(int index, void* made, void (*drop)(void*)) const;

  // Exactly one of these, at most once; without any the result is NULL.
  void result(const Value& value) const;
  void result(int64_t value) const { result(Value::of(value)); }
  void result(int value) const { result(static_cast<int64_t>(value)); }
  void result(bool value) const { result(static_cast<int64_t>(value)); }
  void result(double value) const { result(Value::of_double(value)); }
  void result(std::string value) const { result(Value::of_text(std::move(value))); }
  void result(const char* value) const { result(std::string(value)); }
  void result_binary(std::string value) const { result(Value::of_text(std::move(value), Kind::kBinary)); }
  // The argument as it is.
  void result_same(int index) const;
  // Text, or bytes if `binary`. NULL and warning 1301 above max_allowed_packet.
  void result_string(std::string value, bool binary) const;
  // Ends the statement with MySQL's error number.
  void fail(int code, const std::string& message) const;
  void warn(int code, const std::string& message) const { session_.diagnose(Level::kWarning, code, message); }

 private:
  sqlite3_context* context_;
  int count_;
  sqlite3_value** values_;
  Session& session_;
  const Function& function_;
};

}  // namespace murmel::functions
