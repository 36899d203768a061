// What capture knows of one table: the stored columns, the key, and how SQLite's preupdate slots map to them.
// TableCache keeps one entry per table of one database ("main", "aux" ...) for as long as its schema stands.
//
// Invariant: an entry describes the table as of the last forget_all(); whoever sees the schema cookie move,
// or a savepoint end in which it may have moved, calls that before the next look-up. Not thread-safe; belongs
// to one connection.
#pragma once

#include "extension/fault.h"
#include "extension/memory.h"
#include "schemas/row_stream.h"

namespace murmel::extension {

struct ColumnInfo {
  const char* name;           // zero-terminated, owned by the TableInfo
  std::uint16_t table_index;  // position among all columns of the table, generated ones included
  std::uint16_t slot;         // index to give to sqlite3_preupdate_old/new
  std::uint8_t key_ordinal;   // 1-based in the primary key, 0 outside
  std::uint8_t collation;     // row_stream::Collation
  bool real;                  // REAL affinity: an integer seen by the hook is stored as a real number
  bool has_default;           // DEFAULT other than NULL: matters for rows older than an ADD COLUMN
};

enum class Skip : std::uint8_t {
  kCaptured,   // its rows go to the log
  kInternal,   // __murmel_*, sqlite_*
  kShadow,     // derived content of a virtual table
  kVirtual,    // the virtual table itself; SQLite has no row events for it
  kNotLogged,  // created since the schema was last logged: its rows are logged whole at commit
};

inline constexpr std::size_t kNoColumn = SIZE_MAX;

struct TableInfo {
  Text name;
  Text identity;  // empty: the name; see table_identity.h
  Skip skip = Skip::kCaptured;
  std::uint8_t flags = 0;                // row_stream::TableFlags
  std::size_t rowid_column = kNoColumn;  // the INTEGER PRIMARY KEY, whose value is the rowid
  int slots = 0;                         // all columns; what sqlite3_preupdate_count says for this table
  Vec<ColumnInfo> columns;               // stored, non-generated, in table order
  Vec<char> names;                       // storage of the column names
  Vec<std::uint8_t> description;         // the 'T' or 'R' item after its index

  // Where the table was last described, kept by ChangeBuffer.
  std::uint64_t described_in = 0;  // serial number of a chunk, 0 = nowhere
  std::uint32_t described_at = 0;  // offset of that item in it
  std::uint32_t index = 0;         // its number in that chunk

  Vec<std::uint32_t> places;        // scratch of one update: where the values of the old image are
  const char* hook_name = nullptr;  // address SQLite last passed for this table's name

  bool described_as(const std::uint8_t* other, std::size_t n) const {
    return description.size() == n && std::memcmp(description.data(), other, n) == 0;
  }
  row_stream::Item item() const {
    return (flags & row_stream::kRenamed) != 0 ? row_stream::kRenamedTable : row_stream::kTable;
  }
  bool captured() const { return skip == Skip::kCaptured; }
  bool has_key() const { return (flags & row_stream::kHasKey) != 0; }
  bool has_rowid() const { return (flags & row_stream::kWithoutRowid) == 0; }
};

class TableCache {
 public:
  TableCache() = default;
  ~TableCache() { forget_all(); }
  TableCache(const TableCache&) = delete;
  TableCache& operator=(const TableCache&) = delete;

  // The table whose name SQLite passed at this address; nullptr when the address is new. Nothing but a
  // compare on the usual path.
  TableInfo* find_by_address(const char* name) {
    if (last_ != nullptr && last_->hook_name == name && std::strcmp(last_->name.c_str(), name) == 0)
      return last_;
    return search_addresses(name);
  }
  // The table of this name, which from now on is found at this address; nullptr when it is not known.
  TableInfo* find_by_name(const char* name);
  // Takes the table over. False when memory ran out; it still belongs to the caller then.
  [[nodiscard]] bool add(TableInfo* table);
  void forget_all();
  // Tables described at or after this place are no longer described: the buffer was cut back to it.
  void undescribe_from(std::uint64_t chunk_serial, std::size_t offset);

 private:
  TableInfo* search_addresses(const char* name);

  Vec<TableInfo*> tables_;
  TableInfo* last_ = nullptr;
};

// Reads one table from the schema. SQLITE_OK, SQLITE_NOTFOUND (no fault set) or the code in `fault`.
int load_table(sqlite3* db, const char* schema, const char* name, bool slots_count_virtual, TableInfo& table,
               Fault& fault) noexcept;

// nullptr: none is named, as in index_xinfo's column for it.
row_stream::Collation collation_of(const char* name);

// Quick test on the name alone.
bool is_internal_name(const char* name);

}  // namespace murmel::extension
