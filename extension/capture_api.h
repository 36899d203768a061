// What the agent uses of the extension, linked statically (extension_static, built with SQLITE_CORE). The
// same code runs behind the SQL functions of the loadable library.
//
// All functions take an open connection and the name of one of its databases ("main"). Those that write run
// in the caller's transaction if there is one, else in their own BEGIN IMMEDIATE. They return an SQLite
// result code; when it is not SQLITE_OK, `fault` has the sentence. Thread rule: as for the connection.
#pragma once

#include "extension/fault.h"

namespace murmel::extension {

// Creates the __murmel_ tables if they are missing. Idempotent. Notes whether the database had content.
int enable(sqlite3* db, const char* schema, Fault& fault);
// Removes every trace: triggers and all __murmel_ objects.
int disable(sqlite3* db, const char* schema, Fault& fault);
// Whether the database has a log.
bool enabled(sqlite3* db, const char* schema);

// Compares sqlite_schema with __murmel_schema; if they differ appends a record of 'S' items (tables that are
// new are followed by their rows) and brings __murmel_schema up to date. `logged`: whether a record was
// written.
int log_schema_changes(sqlite3* db, const char* schema, bool* logged, Fault& fault);
// The same comparison, as one row stream without a record; only reads. Empty: no difference. To be freed by
// sqlite3_free(); nullptr with SQLITE_OK: empty.
int schema_difference(sqlite3* db, const char* schema, unsigned char** bytes, std::size_t* size,
                      Fault& fault);
// Brings __murmel_schema up to date without logging; after schema changes of other nodes were applied.
int adopt_schema(sqlite3* db, const char* schema, Fault& fault);

// Instead of a commit: what the transaction under way has written, each part as a record would have it. The
// caller then rolls back.
class RowReceiver {
 public:
  // Row stream of the next record. False: out of memory.
  virtual bool take(const unsigned char* bytes, std::size_t size) noexcept = 0;

 protected:
  ~RowReceiver() = default;
};
// `db` captures (extension/entry.h). `from`: parts that were handed over before and are still in the
// transaction; gets how many there are now. A transaction that also changes the schema is SQLITE_SCHEMA.
int hand_over_rows(sqlite3* db, const char* schema, RowReceiver& receiver, std::size_t* from, Fault& fault);

// Trigger mode (trigger_*.cc).
int install_triggers(sqlite3* db, const char* schema, Fault& fault);
int remove_triggers(sqlite3* db, const char* schema, Fault& fault);
// Turns the rows of __murmel_wide into log records, oldest first, and deletes them. `rows`: how many there
// were.
int convert_wide_rows(sqlite3* db, const char* schema, std::int64_t* rows, Fault& fault);

}  // namespace murmel::extension
