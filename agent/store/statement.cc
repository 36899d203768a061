#include "agent/store/statement.h"

#include <sqlite3.h>

#include "agent/store/sqlite_error.h"

namespace murmel::store {

Statement::~Statement() {
  sqlite3_finalize(handle_);
}

void Statement::bind(int parameter, std::int64_t integer) {
  INVARIANT(sqlite3_bind_int64(handle_, parameter, integer) == SQLITE_OK);
}

void Statement::bind(int parameter, std::string_view text) {
  // An empty text must not become NULL, which is what a null pointer means to SQLite.
  const char* start = text.empty() ? "" : text.data();
  INVARIANT(sqlite3_bind_text64(handle_, parameter, start, text.size(), SQLITE_STATIC, SQLITE_UTF8) ==
            SQLITE_OK);
}

void Statement::bind(int parameter, ByteView blob) {
  const void* start = blob.empty() ? static_cast<const void*>("") : blob.data();
  INVARIANT(sqlite3_bind_blob64(handle_, parameter, start, blob.size(), SQLITE_STATIC) == SQLITE_OK);
}

void Statement::bind(int parameter, const wire::Value& value) {
  switch (value.tag) {
    case row_stream::kNull:
    case row_stream::kSame: return bind_null(parameter);
    case row_stream::kInt8:
    case row_stream::kInt16:
    case row_stream::kInt32:
    case row_stream::kInt64: return bind(parameter, value.integer);
    case row_stream::kReal:
      INVARIANT(sqlite3_bind_double(handle_, parameter, value.real) == SQLITE_OK);
      return;
    case row_stream::kText: return bind(parameter, as_text(value.bytes));
    case row_stream::kBlob: return bind(parameter, value.bytes);
  }
}

void Statement::bind_null(int parameter) {
  INVARIANT(sqlite3_bind_null(handle_, parameter) == SQLITE_OK);
}

Result<bool> Statement::step() {
  const int code = sqlite3_step(handle_);
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) {
    reset();
    return false;
  }
  Error error = sqlite_error(sqlite3_db_handle(handle_), sqlite3_extended_errcode(sqlite3_db_handle(handle_)),
                             sqlite3_sql(handle_));
  reset();
  return error;
}

Status Statement::run() {
  for (;;) {
    TRY_ASSIGN(const bool row, step());
    if (!row) return Ok{};
  }
}

// The code that reset repeats was reported by step.
void Statement::reset() {
  sqlite3_reset(handle_);
}

int Statement::columns() const {
  return sqlite3_column_count(handle_);
}

bool Statement::is_null(int column) const {
  return sqlite3_column_type(handle_, column) == SQLITE_NULL;
}

std::int64_t Statement::integer(int column) const {
  return sqlite3_column_int64(handle_, column);
}

std::string_view Statement::text(int column) const {
  const auto* start = reinterpret_cast<const char*>(sqlite3_column_text(handle_, column));
  if (start == nullptr) return {};
  return {start, static_cast<std::size_t>(sqlite3_column_bytes(handle_, column))};
}

ByteView Statement::blob(int column) const {
  const auto* start = static_cast<const std::uint8_t*>(sqlite3_column_blob(handle_, column));
  if (start == nullptr) return {};
  return {start, static_cast<std::size_t>(sqlite3_column_bytes(handle_, column))};
}

wire::Value Statement::value(int column) const {
  wire::Value value;
  switch (sqlite3_column_type(handle_, column)) {
    case SQLITE_INTEGER:
      value.tag = row_stream::kInt64;
      value.integer = integer(column);
      break;
    case SQLITE_FLOAT:
      value.tag = row_stream::kReal;
      value.real = sqlite3_column_double(handle_, column);
      break;
    case SQLITE_TEXT:
      value.tag = row_stream::kText;
      value.bytes = as_bytes(text(column));
      break;
    case SQLITE_BLOB:
      value.tag = row_stream::kBlob;
      value.bytes = blob(column);
      break;
    default: break;
  }
  return value;
}

std::string Statement::column_name(int column) const {
  const char* name = sqlite3_column_name(handle_, column);
  return name != nullptr ? name : "";
}

}  // namespace murmel::store
