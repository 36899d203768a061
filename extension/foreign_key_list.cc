#include "extension/foreign_key_list.h"

#include <strings.h>

#include "extension/request_bytes.h"
#include "extension/statement.h"
#include "extension/table_info.h"
#include "schemas/commit_socket.h"

namespace murmel::extension {
namespace {

constexpr char kTablesWithForeignKeys[] =
    "SELECT name FROM \"%w\".sqlite_master WHERE type='table' AND instr(upper(sql), 'REFERENCES') > 0";

// What values a column holds, as far as it matters whether two columns have equal ones.
enum class Kind : std::uint8_t { kUnknown, kNumber, kText, kAny };

bool contains(const char* text, const char* part) {
  return strcasestr(text, part) != nullptr;
}

// By SQLite's affinities, https://www.sqlite.org/datatype3.html#determination_of_column_affinity: numbers of
// all kinds compare by value. ANY means one thing in STRICT tables and another one elsewhere.
Kind kind_of(const char* type) {
  if (type == nullptr || *type == 0) return Kind::kAny;
  if (contains(type, "INT")) return Kind::kNumber;
  if (contains(type, "CHAR") || contains(type, "CLOB") || contains(type, "TEXT")) return Kind::kText;
  if (contains(type, "BLOB")) return Kind::kAny;
  return strcasecmp(type, "ANY") == 0 ? Kind::kUnknown : Kind::kNumber;
}

struct KeyColumn {
  Text name;
  Kind kind = Kind::kUnknown;  // also: there is no such column, or rows don't tell its value
};

// The column of this name or, if it is nullptr, of this place in the primary key.
int find_column(sqlite3* db, const char* schema, const char* table, const char* name, std::int64_t place,
                KeyColumn& column, Fault& fault) noexcept {
  enum Column { kName = 1, kType, kInKey = 5, kHidden };
  Statement columns;
  int rc = columns.prepare(db, fault, 0, "PRAGMA \"%w\".table_xinfo(\"%w\")", schema, table);
  while (rc == SQLITE_OK && (rc = columns.step(fault)) == SQLITE_ROW) {
    rc = SQLITE_OK;
    const char* found = columns.text(kName);
    if (name == nullptr ? columns.integer(kInKey) != place : strcasecmp(found, name) != 0) continue;
    if (columns.integer(kHidden) == 0) column.kind = kind_of(columns.text(kType));
    if (!column.name.assign(found)) return fault.fail(SQLITE_NOMEM, "out of memory");
  }
  return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

class ForeignKeyList {
 public:
  ForeignKeyList(sqlite3* db, const char* schema, Vec<std::uint8_t>& bytes, Fault& fault)
      : db_(db), schema_(schema), bytes_(bytes), fault_(fault) {}

  int read() noexcept {
    const std::size_t begin = bytes_.size();
    if (!put_number(bytes_, count_)) return no_memory();
    Statement tables;
    int rc = tables.prepare(db_, fault_, 0, kTablesWithForeignKeys, schema_);
    while (rc == SQLITE_OK && (rc = tables.step(fault_)) == SQLITE_ROW) {
      const char* table = tables.text(0);
      rc = table == nullptr || is_internal_name(table) ? SQLITE_OK : read_table(table);
    }
    if (rc != SQLITE_DONE) return rc;
    if (count_ > commit_socket::kIndexesMax) {
      return fault_.fail(SQLITE_TOOBIG, "a database at QUORUM may have %u foreign keys at most",
                         commit_socket::kIndexesMax);
    }
    std::memcpy(bytes_.data() + begin, &count_, sizeof count_);
    return SQLITE_OK;
  }

 private:
  enum Column { kId, kSeq, kParent, kFrom, kTo };

  int read_table(const char* child) noexcept {
    Statement keys;
    int rc = keys.prepare(db_, fault_, 0, "PRAGMA \"%w\".foreign_key_list(\"%w\")", schema_, child);
    std::int64_t id = -1;
    while (rc == SQLITE_OK && (rc = keys.step(fault_)) == SQLITE_ROW) {
      if (keys.integer(kId) != id) {
        rc = end_key(child);
        if (rc != SQLITE_OK) return rc;
        id = keys.integer(kId);
        if (!parent_.assign(keys.text(kParent))) return no_memory();
      }
      rc = add_column(child, keys);
    }
    return rc == SQLITE_DONE ? end_key(child) : rc;
  }

  int add_column(const char* child, const Statement& key) noexcept {
    const std::int64_t place = key.integer(kSeq) + 1;
    KeyColumn from;
    KeyColumn to;
    int rc = find_column(db_, schema_, child, key.text(kFrom), place, from, fault_);
    if (rc == SQLITE_OK) rc = find_column(db_, schema_, parent_.c_str(), key.text(kTo), place, to, fault_);
    if (rc != SQLITE_OK) return rc;
    whole_ = whole_ || from.kind == Kind::kUnknown || from.kind != to.kind;
    const char* name = to.name.size() > 0 ? to.name.c_str() : "";  // none: a parent that is not there
    const char* collation = nullptr;
    sqlite3_table_column_metadata(db_, schema_, parent_.c_str(), name, nullptr, &collation, nullptr, nullptr,
                                  nullptr);
    const row_stream::Collation number = collation_of(collation);
    const bool ok = put_text(columns_, key.text(kFrom)) && put_text(columns_, name) &&
                    columns_.push(number) && (number != row_stream::kOther || put_text(columns_, collation));
    columns_count_++;
    return ok ? SQLITE_OK : no_memory();
  }

  int end_key(const char* child) noexcept {
    if (columns_count_ == 0) return SQLITE_OK;
    const bool ok = put_text(bytes_, child) && put_text(bytes_, parent_.c_str()) && bytes_.push(whole_) &&
                    put_number(bytes_, columns_count_) && bytes_.append(columns_.data(), columns_.size());
    count_++;
    columns_.clear();
    columns_count_ = 0;
    whole_ = false;
    return ok ? SQLITE_OK : no_memory();
  }

  int no_memory() noexcept { return fault_.fail(SQLITE_NOMEM, "out of memory"); }

  sqlite3* db_;
  const char* schema_;
  Vec<std::uint8_t>& bytes_;
  Fault& fault_;
  std::uint32_t count_ = 0;
  // Of the foreign key that is being read.
  Text parent_;
  Vec<std::uint8_t> columns_;
  std::uint32_t columns_count_ = 0;
  bool whole_ = false;
};

}  // namespace

int list_foreign_keys(sqlite3* db, const char* schema, Vec<std::uint8_t>& bytes, Fault& fault) noexcept {
  return ForeignKeyList(db, schema, bytes, fault).read();
}

}  // namespace murmel::extension
