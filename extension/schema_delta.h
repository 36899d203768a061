// Schema changes as log records. SQLite has no row events for DDL, so the schema as last logged is kept in
// __murmel_schema, and the difference to sqlite_schema (schema_diff.h) becomes 'S' items. Tables that are new
// are followed by a snapshot of their rows, because rows written by CREATE TABLE AS and by ALTER TABLE have
// no events.
//
// A row of __murmel_schema with type 'cookie' says as of which schema cookie the rest is true.
#pragma once

#include "extension/change_buffer.h"
#include "extension/name_set.h"

namespace murmel::extension {

// The schema cookie of `schema` now. SQLITE_OK or a fault.
int read_cookie(sqlite3* db, const char* schema, std::int64_t* cookie, Fault& fault) noexcept;
// As of which cookie the schema was last logged; -1 when it never was.
int read_logged_cookie(sqlite3* db, const char* schema, std::int64_t* cookie, Fault& fault) noexcept;
// Whether the rows of table `name` will be logged whole with the schema change that is still to be logged.
// `steps`: by how much the cookie grew since the schema was last logged.
int awaits_snapshot(sqlite3* db, const char* schema, const char* name, std::int64_t steps, bool* awaits,
                    Fault& fault) noexcept;

// Appends the difference to `out` (nothing when there is none). Only reads. `whole`, if not nullptr, gets the
// tables whose rows were appended with it.
int append_schema_delta(sqlite3* db, const char* schema, std::int64_t steps, bool slots_count_virtual,
                        ChangeBuffer& out, Fault& fault, NameSet* whole = nullptr) noexcept;
// Appends `table` as if it were dropped and made again with the rows it has now. Behind the difference, if it
// is not in the log yet.
int append_table_again(sqlite3* db, const char* schema, const char* table, bool slots_count_virtual,
                       ChangeBuffer& out, Fault& fault) noexcept;
// Makes __murmel_schema say what sqlite_schema says. Writes.
int store_schema(sqlite3* db, const char* schema, Fault& fault) noexcept;

}  // namespace murmel::extension
