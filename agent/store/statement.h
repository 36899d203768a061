// A prepared statement: binds wire::Value as it is, reads columns, frees itself. Belongs to its connection's
// thread. Parameters are numbered from 1, columns from 0, as in SQLite.
//
// Bytes are bound without a copy: what they point to must live until the statement has been reset. Bytes read
// live until the next step or reset.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "agent/base/bytes.h"
#include "agent/base/result.h"
#include "agent/wire/row_reader.h"

struct sqlite3_stmt;

namespace murmel::store {

class Statement {
 public:
  Statement() = default;
  explicit Statement(sqlite3_stmt* handle) : handle_(handle) {}
  Statement(Statement&& other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}
  Statement& operator=(Statement&& other) noexcept {
    std::swap(handle_, other.handle_);
    return *this;
  }
  ~Statement();

  bool prepared() const { return handle_ != nullptr; }

  void bind(int parameter, std::int64_t integer);
  void bind(int parameter, std::string_view text);
  void bind(int parameter, ByteView blob);
  void bind(int parameter, const wire::Value& value);
  void bind_null(int parameter);

  // True: there is a row. False: done, and the statement is reset.
  Result<bool> step();
  // Runs to the end and resets.
  Status run();
  void reset();

  int columns() const;
  bool is_null(int column) const;
  std::int64_t integer(int column) const;
  std::string_view text(int column) const;
  ByteView blob(int column) const;
  wire::Value value(int column) const;
  std::string column_name(int column) const;

 private:
  sqlite3_stmt* handle_ = nullptr;
};

// Resets a statement when a scope ends that may leave before its last row.
class ResetAtEnd {
 public:
  explicit ResetAtEnd(Statement& statement) : statement_(statement) {}
  ~ResetAtEnd() { statement_.reset(); }
  ResetAtEnd(const ResetAtEnd&) = delete;
  ResetAtEnd& operator=(const ResetAtEnd&) = delete;

 private:
  Statement& statement_;
};

}  // namespace murmel::store
