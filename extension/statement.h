// Statement: one prepared statement, finalized by its owner. Texts name the database by %w (quoted name).
#pragma once

#include "extension/fault.h"

namespace murmel::extension {

// For statements that live as long as the connection.
inline constexpr unsigned kPersistent = SQLITE_PREPARE_PERSISTENT;

class Statement {
 public:
  Statement() = default;
  ~Statement() { finalize(); }
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;

  bool prepared() const { return statement_ != nullptr; }
  sqlite3_stmt* get() const { return statement_; }

  // Prepares sqlite3_mprintf(format, a, b). SQLITE_OK or the code in `fault`.
  int prepare(sqlite3* db, Fault& fault, unsigned flags, const char* format, const char* a = nullptr,
              const char* b = nullptr) noexcept;
  // One step; SQLITE_ROW, SQLITE_DONE or the code that was put into `fault`.
  int step(Fault& fault) noexcept;
  // Steps to the end and resets. SQLITE_OK or the code in `fault`.
  int run(Fault& fault) noexcept;
  void reset() { sqlite3_reset(statement_); }
  void finalize() {
    sqlite3_finalize(statement_);
    statement_ = nullptr;
  }

  // The same when the application may have finalized it already: some frameworks finalize everything that
  // sqlite3_next_stmt() gives them before they close the connection.
  void finalize_if_open(sqlite3* db) noexcept;

  void bind(int i, std::int64_t value) { sqlite3_bind_int64(statement_, i, value); }
  void bind(int i, const char* text) { sqlite3_bind_text(statement_, i, text, -1, SQLITE_STATIC); }
  std::int64_t integer(int i) const { return sqlite3_column_int64(statement_, i); }
  // nullptr for NULL.
  const char* text(int i) const { return reinterpret_cast<const char*>(sqlite3_column_text(statement_, i)); }
  bool is_null(int i) const { return sqlite3_column_type(statement_, i) == SQLITE_NULL; }

 private:
  sqlite3_stmt* statement_ = nullptr;
};

// Runs sqlite3_mprintf(format, a, b) to the end, ignoring rows.
int run_sql(sqlite3* db, Fault& fault, const char* format, const char* a = nullptr,
            const char* b = nullptr) noexcept;

}  // namespace murmel::extension
