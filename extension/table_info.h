// What capture knows of one table: the stored columns, the key, and how SQLite's preupdate slots map to them.
// TableCache keeps one entry per table of one schema ("main", "aux" ...) for as long as the schema cookie stands.
//
// Invariant: an entry describes the table as of the last `forget_all()`; whoever sees the cookie move, or a
// savepoint end in which it may have moved, calls that before the next look-up.
// Not thread-safe; belongs to one connection.
#pragma once

#include "extension/fault.h"
#include "extension/memory.h"

namespace murmel::extension {

struct ColumnInfo {
  const char* name;           // zero-terminated, owned by the TableInfo
  std::uint16_t table_index;  // position among all columns of the table, generated ones included
  std::uint16_t slot;         // index to give to sqlite3_preupdate_old/new
  std::uint8_t key_ordinal;   // 1-based in the primary key, 0 outside
  std::uint8_t collation;     // row_stream::Collation
  bool real;                  // REAL affinity: an integer seen by the hook is stored as a real number
  bool rowid_alias;           // INTEGER PRIMARY KEY
  bool has_default;           // DEFAULT other than NULL: matters for rows older than an ADD COLUMN
};

enum class Skip : std::uint8_t {
  kCaptured,   // its rows go to the log
  kInternal,   // __murmel_*, sqlite_*
  kShadow,     // belongs to a virtual table that rebuilds it
  kVirtual,
  kNotLogged,  // created since the schema was last logged: its rows are logged whole at commit
};

struct TableInfo {
  Text name;
  Skip skip = Skip::kCaptured;
  std::uint8_t flags = 0;  // row_stream::TableFlags
  int slots = 0;           // what sqlite3_preupdate_count says for this table
  Vec<ColumnInfo> columns;
  Text names;              // storage of the column names
  Vec<std::uint8_t> description;  // the 'T' item after its index: name, flags, columns

  // Where the table was last described, kept by ChangeBuffer.
  std::uint64_t described_in = 0;  // serial number of a chunk, 0 = nowhere
  std::uint32_t described_at = 0;  // offset of the 'T' item in it
  std::uint32_t index = 0;         // its number in that chunk

  // Key of the fast look-up: addresses that SQLite passed to the hook. Validated by comparing the name.
  const char* hook_name = nullptr;

  bool captured() const { return skip == Skip::kCaptured; }
  bool has_key() const;
};

class TableCache {
 public:
  // `virtual_slots_counted`: whether preupdate slots count virtual generated columns (SQLite >= 3.5x) or only
  // stored ones (3.40); found by the self-test in quirks.h.
  TableCache(sqlite3* db, const char* schema, bool virtual_slots_counted);
  ~TableCache();
  TableCache(const TableCache&) = delete;
  TableCache& operator=(const TableCache&) = delete;

  // The table called `name`, read from the schema when it is not known yet. nullptr on failure, with the
  // reason in `fault`. The name is looked up by address first, so pass the pointer the hook got.
  TableInfo* find(const char* name, Fault& fault);
  void forget_all();
  // Entries become "not described": a new payload starts, or the buffer was cut back to (chunk, offset).
  void undescribe_from(std::uint64_t chunk_serial, std::uint32_t offset);

 private:
  TableInfo* find_by_text(const char* name);
  TableInfo* load(const char* name, Fault& fault);

  sqlite3* db_;
  Text schema_;
  bool virtual_slots_counted_;
  Vec<TableInfo*> tables_;
  TableInfo* last_ = nullptr;
};

}  // namespace murmel::extension
