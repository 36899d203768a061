#include "tests/capture/replay.h"

#include "agent/wire/row_reader.h"
#include "tests/capture/replay_schema.h"

namespace murmel::capture_test {
namespace {

using wire::RowChange;
using wire::Table;
using wire::Value;

void bind(sqlite3_stmt* statement, int at, const Value& value) {
  const auto* bytes = reinterpret_cast<const char*>(value.bytes.data());
  switch (value.tag) {
    case row_stream::kReal: sqlite3_bind_double(statement, at, value.real); break;
    case row_stream::kText:
      sqlite3_bind_text64(statement, at, bytes == nullptr ? "" : bytes, value.bytes.size(), SQLITE_TRANSIENT,
                          SQLITE_UTF8);
      break;
    case row_stream::kBlob:
      if (value.bytes.empty()) {
        sqlite3_bind_zeroblob(statement, at, 0);
      } else {
        sqlite3_bind_blob64(statement, at, bytes, value.bytes.size(), SQLITE_TRANSIENT);
      }
      break;
    case row_stream::kNull: sqlite3_bind_null(statement, at); break;
    case row_stream::kInt8:
    case row_stream::kInt16:
    case row_stream::kInt32:
    case row_stream::kInt64:
    case row_stream::kSame: sqlite3_bind_int64(statement, at, value.integer); break;
  }
}

std::string text_of(const Value& value) {
  switch (value.tag) {
    case row_stream::kReal: return typed_real(value.real);
    case row_stream::kText: return typed_text(SQLITE_TEXT, value.bytes.data(), value.bytes.size());
    case row_stream::kBlob: return typed_text(SQLITE_BLOB, value.bytes.data(), value.bytes.size());
    case row_stream::kNull: return "N";
    case row_stream::kInt8:
    case row_stream::kInt16:
    case row_stream::kInt32:
    case row_stream::kInt64:
    case row_stream::kSame: break;
  }
  return "I" + std::to_string(value.integer);
}

constexpr int kAnyNumber = -1;

std::string image_text(std::span<const Value> image) {
  std::string text;
  for (const Value& value : image) text += " " + text_of(value);
  return text;
}

class Replay {
 public:
  Replay(sqlite3* copy, ReplayReport& report) : copy_(copy), report_(report) {}

  void payload(const std::string& record, ByteView bytes) {
    record_ = record;
    wire::RowReader reader(bytes);
    for (;;) {
      const auto item = reader.next();
      if (!item.ok()) return fail("cannot be read: " + item.error().message);
      switch (*item) {
        case wire::RowReader::Item::kEnd: return;
        case wire::RowReader::Item::kSchema:
          if (const std::string error = apply_schema(copy_, reader.schema()); !error.empty()) fail(error);
          break;
        case wire::RowReader::Item::kRow: row(reader.row()); break;
      }
    }
  }

 private:
  void fail(const std::string& what) { report_.failures.push_back("record " + record_ + ": " + what); }

  void row(const RowChange& change) {
    switch (change.op) {
      case row_stream::kInsert: return insert(change);
      case row_stream::kUpdate:
      case row_stream::kDelete:
        if (check_before(change)) change.op == row_stream::kUpdate ? update(change) : remove(change);
        return;
      case row_stream::kTable:
      case row_stream::kRenamedTable:
      case row_stream::kSchema: return fail("an item that is no row");
    }
  }

  // Rows of a full-text index stand for rows of the virtual table and carry its rowid first.
  static std::string column_list(const Table& table, const std::string& each, const char* separator) {
    std::string list;
    for (const wire::Column& column : table.columns) {
      if (!list.empty()) list += separator;
      list += quoted(column.name) + each;
    }
    return list;
  }

  void insert(const RowChange& change) {
    std::string sql =
        "INSERT INTO " + quoted(change.table->name) + "(" + column_list(*change.table, "", ",") + ") VALUES(";
    for (std::size_t i = 0; i < change.after.size(); ++i) sql += i == 0 ? "?" : ",?";
    run(sql + ")", {change.after}, 1);
  }

  // A key with a NULL in it names no row: SQLite lets several have it.
  static bool has_key(const RowChange& change) {
    if (!change.table->has(row_stream::kHasKey)) return false;
    for (const auto place : change.table->key) {
      if (change.before[place].tag == row_stream::kNull) return false;
    }
    return true;
  }

  static std::string rowid_name(const Table& table) {
    for (const char* name : {"rowid", "_rowid_", "oid"}) {
      bool taken = false;
      for (const wire::Column& column : table.columns) taken = taken || column.name == name;
      if (!taken) return name;
    }
    return {};  // only when all three are columns
  }

  // "k1 IS ? AND k2 IS ?" for the key, or one row that equals the whole old image.
  static std::string where(const RowChange& change) {
    const Table& table = *change.table;
    if (has_key(change)) {
      std::string text;
      for (const auto place : table.key) {
        text += (text.empty() ? "" : " AND ") + quoted(table.columns[place].name) + " IS ?";
      }
      return text;
    }
    const std::string rowid = rowid_name(table);
    if (rowid.empty()) return column_list(table, " IS ?", " AND ");
    return rowid + " = (SELECT " + rowid + " FROM " + quoted(table.name) + " WHERE " +
           column_list(table, " IS ?", " AND ") + " ORDER BY " + rowid + " IS NOT " +
           std::to_string(change.rowid.value_or(0)) + " LIMIT 1)";
  }

  static std::vector<Value> identity(const RowChange& change) {
    if (!has_key(change)) return {change.before.begin(), change.before.end()};
    std::vector<Value> values;
    for (const auto place : change.table->key) values.push_back(change.before[place]);
    return values;
  }

  bool check_before(const RowChange& change) {
    const std::string sql = "SELECT " + column_list(*change.table, "", ",") + " FROM " +
                            quoted(change.table->name) + " WHERE " + where(change);
    sqlite3_stmt* raw = nullptr;
    if (sqlite3_prepare_v2(copy_, sql.c_str(), -1, &raw, nullptr) != SQLITE_OK) {
      fail(std::string(sqlite3_errmsg(copy_)) + " in: " + sql);
      return false;
    }
    const Statement statement(raw);
    int at = 0;
    for (const Value& value : identity(change)) bind(raw, ++at, value);
    std::string found = " no such row";
    if (sqlite3_step(raw) == SQLITE_ROW) {
      found.clear();
      for (int i = 0; i < sqlite3_column_count(raw); ++i) {
        found += " " + capture_test::typed_text(raw, i);
      }
    }
    const std::string logged = image_text(change.before);
    if (found != logged) {
      report_.before.push_back("record " + record_ + ": " + std::string(change.table->name) +
                               ": logged before" + logged + ", in the copy" + found);
    }
    return true;
  }

  // Rows that nothing tells apart: all of them go, all but one come back.
  void remove_one_of_equals(const RowChange& change) {
    run("DELETE FROM " + quoted(change.table->name) + " WHERE " + where(change), {change.before}, kAnyNumber);
    RowChange again = change;
    again.after = change.before;
    for (int left = sqlite3_changes(copy_) - 1; left > 0; --left) insert(again);
  }

  void update(const RowChange& change) {
    if (!has_key(change) && rowid_name(*change.table).empty()) {
      remove_one_of_equals(change);
      return insert(change);
    }
    const std::vector<Value> key = identity(change);
    run("UPDATE " + quoted(change.table->name) + " SET " + column_list(*change.table, " = ?", ",") +
            " WHERE " + where(change),
        {change.after, key}, 1);
  }

  void remove(const RowChange& change) {
    if (!has_key(change) && rowid_name(*change.table).empty()) return remove_one_of_equals(change);
    const std::vector<Value> key = identity(change);
    run("DELETE FROM " + quoted(change.table->name) + " WHERE " + where(change), {key}, 1);
  }

  void run(const std::string& sql, std::initializer_list<std::span<const Value>> images, int expected) {
    sqlite3_stmt* raw = nullptr;
    if (sqlite3_prepare_v2(copy_, sql.c_str(), -1, &raw, nullptr) != SQLITE_OK) {
      return fail(std::string(sqlite3_errmsg(copy_)) + " in: " + sql);
    }
    const Statement statement(raw);
    int at = 0;
    for (const auto image : images) {
      for (const Value& value : image) bind(raw, ++at, value);
    }
    if (sqlite3_step(raw) != SQLITE_DONE) return fail(std::string(sqlite3_errmsg(copy_)) + " in: " + sql);
    if (expected != kAnyNumber && sqlite3_changes(copy_) != expected)
      fail(std::to_string(sqlite3_changes(copy_)) + " rows changed by: " + sql);
  }

  sqlite3* copy_;
  ReplayReport& report_;
  std::string record_;
};

}  // namespace

ReplayReport replay(sqlite3* source, sqlite3* copy) {
  ReplayReport report;
  sqlite3_db_config(copy, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, nullptr);
  query(copy, "PRAGMA foreign_keys = OFF");
  query(copy, "PRAGMA ignore_check_constraints = ON");
  const Statement records =
      prepare(source, "SELECT id, payload FROM __murmel_log WHERE origin = 0 ORDER BY id");
  Replay replay(copy, report);
  while (sqlite3_step(records.get()) == SQLITE_ROW) {
    ++report.records;
    const void* bytes = sqlite3_column_blob(records.get(), 1);
    replay.payload(std::to_string(sqlite3_column_int64(records.get(), 0)),
                   {static_cast<const std::uint8_t*>(bytes),
                    static_cast<std::size_t>(sqlite3_column_bytes(records.get(), 1))});
  }
  return report;
}

}  // namespace murmel::capture_test
