#include "tests/capture/db.h"

#include <xxhash.h>

#include <cstdio>
#include <cstdlib>

namespace murmel::capture_test {
namespace {

constexpr std::size_t kShownBytes = 256;  // longer values are shown as length and hash

std::string escaped(const unsigned char* bytes, std::size_t size) {
  std::string text;
  for (std::size_t i = 0; i < size; ++i) {
    if (bytes[i] >= 0x20 && bytes[i] < 0x7f && bytes[i] != '\\') {
      text += static_cast<char>(bytes[i]);
    } else {
      char code[8];
      std::snprintf(code, sizeof code, "\\x%02x", bytes[i]);
      text += code;
    }
  }
  return text;
}

}  // namespace

void harness_failure(const std::string& what) {
  std::fprintf(stderr, "capture harness: %s\n", what.c_str());
  std::_Exit(3);
}

Database open_database(const std::string& path) {
  sqlite3* db = nullptr;
  if (sqlite3_open(path.c_str(), &db) != SQLITE_OK) harness_failure("cannot open " + path);
  sqlite3_extended_result_codes(db, 0);
  return Database(db);
}

Statement prepare(sqlite3* db, std::string_view sql) {
  sqlite3_stmt* statement = nullptr;
  if (sqlite3_prepare_v2(db, sql.data(), static_cast<int>(sql.size()), &statement, nullptr) != SQLITE_OK) {
    harness_failure(std::string(sqlite3_errmsg(db)) + " in: " + std::string(sql));
  }
  return Statement(statement);
}

std::vector<std::string> query(sqlite3* db, std::string_view sql) {
  const Statement statement = prepare(db, sql);
  std::vector<std::string> rows;
  int rc;
  while ((rc = sqlite3_step(statement.get())) == SQLITE_ROW) {
    std::string row;
    for (int i = 0; i < sqlite3_column_count(statement.get()); ++i) {
      const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(statement.get(), i));
      if (i > 0) row += '|';
      if (text != nullptr) row += text;
    }
    rows.push_back(std::move(row));
  }
  if (rc != SQLITE_DONE) harness_failure(std::string(sqlite3_errmsg(db)) + " in: " + std::string(sql));
  return rows;
}

std::string typed_real(double value) {
  char text[40];
  std::snprintf(text, sizeof text, "R%.17g", value);
  return text;
}

std::string typed_text(int type, const void* bytes, std::size_t size) {
  const std::string mark(type == SQLITE_TEXT ? "T" : "X");
  if (size > kShownBytes) {
    char text[64];
    std::snprintf(text, sizeof text, "<%zu bytes, hash %016llx>", size,
                  static_cast<unsigned long long>(XXH3_64bits(bytes, size)));
    return mark + text;
  }
  return mark + "'" + escaped(static_cast<const unsigned char*>(bytes), size) + "'";
}

std::string typed_text(sqlite3_stmt* row, int column) {
  switch (sqlite3_column_type(row, column)) {
    case SQLITE_INTEGER: return "I" + std::to_string(sqlite3_column_int64(row, column));
    case SQLITE_FLOAT: return typed_real(sqlite3_column_double(row, column));
    case SQLITE_TEXT: {
      const void* bytes = sqlite3_column_text(row, column);
      return typed_text(SQLITE_TEXT, bytes, static_cast<std::size_t>(sqlite3_column_bytes(row, column)));
    }
    case SQLITE_BLOB: {
      const void* bytes = sqlite3_column_blob(row, column);
      return typed_text(SQLITE_BLOB, bytes, static_cast<std::size_t>(sqlite3_column_bytes(row, column)));
    }
    default: return "N";
  }
}

std::string quoted(std::string_view name) {
  std::string text = "\"";
  for (const char c : name) {
    if (c == '"') text += '"';
    text += c;
  }
  return text + '"';
}

}  // namespace murmel::capture_test
