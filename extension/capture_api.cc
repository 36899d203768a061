#include "extension/capture_api.h"

#include "extension/change_buffer.h"
#include "extension/log_schema.h"
#include "extension/log_writer.h"
#include "extension/schema_delta.h"
#include "extension/schema_history.h"
#include "extension/table_identity.h"
#include "extension/transaction.h"
#include "extension/wal_index.h"

namespace murmel::extension {
namespace {

constexpr const char* kTables[] = {log_schema::kCreateLog,      log_schema::kCreateMeta,
                                   log_schema::kCreateSchema,   log_schema::kCreateSchemaHistory,
                                   log_schema::kCreateNames,    log_schema::kCreateCursor,
                                   log_schema::kCreateConflicts};

// The texts of log_schema.h say only the table's name, so the database's is put in front of it.
int create_table(sqlite3* db, const char* schema, const char* create, Fault& fault) {
  constexpr char kHead[] = "CREATE TABLE IF NOT EXISTS ";
  return run_sql(db, fault, "CREATE TABLE IF NOT EXISTS \"%w\".%s", schema, create + sizeof kHead - 1);
}

int has_content(sqlite3* db, const char* schema, bool* content, Fault& fault) {
  Statement statement;
  int rc = statement.prepare(db, fault, 0,
                             "SELECT 1 FROM \"%w\".sqlite_master WHERE name NOT GLOB '__murmel_*'"
                             " AND name NOT GLOB 'sqlite_*' LIMIT 1",
                             schema);
  if (rc != SQLITE_OK) return rc;
  rc = statement.step(fault);
  *content = rc == SQLITE_ROW;
  return rc == SQLITE_ROW || rc == SQLITE_DONE ? SQLITE_OK : rc;
}

int create_all(sqlite3* db, const char* schema, Fault& fault) {
  bool content = false;
  int rc = has_content(db, schema, &content, fault);
  for (const char* table : kTables) {
    if (rc == SQLITE_OK) rc = create_table(db, schema, table, fault);
  }
  if (rc != SQLITE_OK) return rc;
  Statement meta;
  rc = meta.prepare(
      db, fault, 0,
      "INSERT OR IGNORE INTO \"%w\".__murmel_meta VALUES('format',?1),"
      "('database_id',lower(hex(randomblob(16)))),('baseline',?2),('mode','hook'),('out_of_band','warn')",
      schema);
  if (rc != SQLITE_OK) return rc;
  meta.bind(1, std::int64_t{log_schema::kFormat});
  meta.bind(2, std::int64_t{content});
  rc = meta.run(fault);
  return rc == SQLITE_OK ? store_schema(db, schema, fault) : rc;
}

bool has_object(sqlite3* db, const char* format, const char* schema) {
  Statement statement;
  Fault ignored;  // a database that can't be asked has no such object
  return statement.prepare(db, ignored, 0, format, schema) == SQLITE_OK &&
         statement.step(ignored) == SQLITE_ROW;
}

bool has_traces(sqlite3* db, const char* schema) {
  return has_object(db, "SELECT 1 FROM \"%w\".sqlite_master WHERE name GLOB '__murmel_*'", schema);
}

int drop_all(sqlite3* db, const char* schema, Fault& fault) {
  Text name;
  for (;;) {
    Statement tables;
    int rc = tables.prepare(db, fault, 0,
                            "SELECT name FROM \"%w\".sqlite_master WHERE type='table'"
                            " AND name GLOB '__murmel_*' LIMIT 1",
                            schema);
    if (rc != SQLITE_OK) return rc;
    rc = tables.step(fault);
    if (rc != SQLITE_ROW) return rc == SQLITE_DONE ? SQLITE_OK : rc;
    if (!name.assign(tables.text(0))) return fault.fail(SQLITE_NOMEM, "out of memory");
    tables.finalize();
    rc = run_sql(db, fault, "DROP TABLE \"%w\".\"%w\"", schema, name.c_str());
    if (rc != SQLITE_OK) return rc;
  }
}

int log_changes(sqlite3* db, const char* schema, bool* logged, Fault& fault) {
  std::int64_t cookie = 0;
  std::int64_t logged_cookie = 0;
  int rc = read_cookie(db, schema, &cookie, fault);
  if (rc == SQLITE_OK) rc = read_logged_cookie(db, schema, &logged_cookie, fault);
  if (rc != SQLITE_OK || cookie == logged_cookie) return rc;
  ChangeBuffer delta;
  const std::int64_t steps = logged_cookie < 0 ? -1 : cookie - logged_cookie;
  rc = append_schema_delta(db, schema, steps, false, delta, fault);
  if (rc == SQLITE_OK) rc = note_renames(db, schema, steps, fault);
  if (rc == SQLITE_OK) rc = store_schema(db, schema, fault);
  delta.close_chunk();
  if (rc != SQLITE_OK || delta.empty()) return rc;
  LogWriter log(db, schema);
  rc = log.begin_transaction(static_cast<std::uint32_t>(cookie), read_wal_change_counter(db, schema), fault);
  for (std::size_t i = 0; rc == SQLITE_OK && i < delta.chunk_count(); i++) {
    const std::uint8_t* payload = nullptr;
    std::size_t size = 0;
    if (!delta.payload(i, &payload, &size, fault)) return fault.code;
    rc = log.append(payload, size, i + 1 < delta.chunk_count(), fault);
  }
  if (rc == SQLITE_OK) rc = note_schema_change(db, schema, 0, log.place().hlc, log.place().seq, fault);
  *logged = rc == SQLITE_OK;
  return rc;
}

}  // namespace

bool enabled(sqlite3* db, const char* schema) {
  return has_object(db, "SELECT 1 FROM \"%w\".sqlite_master WHERE name='__murmel_log'", schema);
}

int enable(sqlite3* db, const char* schema, Fault& fault) {
  if (enabled(db, schema)) return SQLITE_OK;
  if (has_traces(db, schema)) {
    return fault.fail(SQLITE_CORRUPT, "the log table of database %s is missing; call murmel_disable() first",
                      schema);
  }
  Transaction transaction(db);
  int rc = transaction.begin(fault);
  if (rc == SQLITE_OK) rc = create_all(db, schema, fault);
  return transaction.end(rc, fault);
}

int disable(sqlite3* db, const char* schema, Fault& fault) {
  if (!has_traces(db, schema)) return SQLITE_OK;
  Transaction transaction(db);
  int rc = transaction.begin(fault);
  if (rc == SQLITE_OK) rc = remove_triggers(db, schema, fault);
  if (rc == SQLITE_OK) rc = drop_all(db, schema, fault);
  return transaction.end(rc, fault);
}

int log_schema_changes(sqlite3* db, const char* schema, bool* logged, Fault& fault) {
  *logged = false;
  Transaction transaction(db);
  int rc = transaction.begin(fault);
  if (rc == SQLITE_OK) rc = log_changes(db, schema, logged, fault);
  return transaction.end(rc, fault);
}

int schema_difference(sqlite3* db, const char* schema, unsigned char** bytes, std::size_t* size,
                      Fault& fault) {
  *bytes = nullptr;
  *size = 0;
  std::int64_t cookie = 0;
  std::int64_t logged_cookie = 0;
  int rc = read_cookie(db, schema, &cookie, fault);
  if (rc == SQLITE_OK) rc = read_logged_cookie(db, schema, &logged_cookie, fault);
  if (rc != SQLITE_OK || cookie == logged_cookie) return rc;
  ChangeBuffer delta;
  rc = append_schema_delta(db, schema, logged_cookie < 0 ? -1 : cookie - logged_cookie, false, delta, fault);
  delta.close_chunk();
  Vec<std::uint8_t> whole;
  for (std::size_t i = 0; rc == SQLITE_OK && i < delta.chunk_count(); i++) {
    const std::uint8_t* payload = nullptr;
    std::size_t n = 0;
    if (!delta.payload(i, &payload, &n, fault)) return fault.code;
    const std::size_t skip = i == 0 ? 0 : 1;  // the version byte
    if (!whole.append(payload + skip, n - skip)) return fault.fail(SQLITE_NOMEM, "out of memory");
  }
  if (rc != SQLITE_OK || whole.size() == 0) return rc;
  *bytes = static_cast<unsigned char*>(sqlite3_malloc64(whole.size()));
  if (*bytes == nullptr) return fault.fail(SQLITE_NOMEM, "out of memory");
  *size = whole.size();
  std::memcpy(*bytes, whole.data(), whole.size());
  return SQLITE_OK;
}

int adopt_schema(sqlite3* db, const char* schema, Fault& fault) {
  Transaction transaction(db);
  int rc = transaction.begin(fault);
  if (rc == SQLITE_OK) rc = store_schema(db, schema, fault);
  return transaction.end(rc, fault);
}

}  // namespace murmel::extension
