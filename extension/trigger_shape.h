// Shape: how a table looked when its capture triggers were made. A row of __murmel_wide names its shape, so
// it can be turned into a log record although the table may have been changed or dropped since.
//
// Invariant: triggers and shapes are renewed in the transaction that logs a schema change, after the rows of
// the old shapes were converted. So the rows always speak of the schema that was logged last. Not
// thread-safe; belongs to one connection.
#pragma once

#include "extension/memory.h"
#include "extension/table_info.h"

namespace murmel::extension {

// Statements inside triggers that write into the wide table.
enum class WideOp : std::uint8_t {
  kInsert = 1,
  kUpdate = 2,  // old values, then new values
  kDelete = 3,
  kCandidate = 4,  // a row that the insert or update under way will evict, if its conflict clause is REPLACE
};

// Ids are counted by hand because the tables have no rowid: an application's update hook must not see them.
inline constexpr char kCreateShape[] =
    "CREATE TABLE IF NOT EXISTS \"%w\".__murmel_shape(id INTEGER NOT NULL PRIMARY KEY, tbl TEXT NOT NULL,"
    "description BLOB NOT NULL, keys BLOB NOT NULL) WITHOUT ROWID";
// Columns v0, v1 ... are added as tables need them; none has a type, so values stay as they are.
inline constexpr char kCreateWide[] =
    "CREATE TABLE IF NOT EXISTS \"%w\".\"%w\"(id INTEGER NOT NULL PRIMARY KEY, shape, op, rid) "
    "WITHOUT ROWID";
inline constexpr const char* kWideTables[] = {"__murmel_wide", "__murmel_wide_content"};  // wide_rows.h
inline constexpr int kWideFixedColumns = 4;
inline constexpr int kWideValuesMax = 1990;  // SQLite allows 2000 columns

// One column of one of the table's unique keys; parts of one key follow each other.
struct KeyPart {
  std::uint16_t key;
  std::uint16_t column;     // among the stored columns
  std::uint16_t collation;  // row_stream::Collation; no padding, the bytes are compared and stored
};

struct Shape {
  std::int64_t id = 0;
  TableInfo table;    // flags, description; the columns only when it was read from the schema
  int columns = 0;    // stored ones
  Vec<KeyPart> keys;  // key 0 is the primary key if the table has one
};

// Reads the table's shape from the schema, without an id. SQLITE_OK or a fault; table.skip says if it is
// captured. Unique indexes that are partial, or on expressions or generated columns, are left out: their
// evictions are not seen.
int read_shape(sqlite3* db, const char* schema, const char* table, Shape& shape, Fault& fault) noexcept;

// To and from __murmel_shape. load gives SQLITE_NOTFOUND without a fault when there is none.
int store_shape(sqlite3* db, const char* schema, Shape& shape, Fault& fault) noexcept;
int load_shape(sqlite3* db, const char* schema, std::int64_t id, Shape& shape, Fault& fault) noexcept;
// The id of the shape stored for this table if it is the same; else 0.
int find_shape(sqlite3* db, const char* schema, Shape& shape, Fault& fault) noexcept;

}  // namespace murmel::extension
