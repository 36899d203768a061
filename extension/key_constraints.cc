#include "extension/key_constraints.h"

#include "extension/foreign_key_list.h"
#include "extension/request_bytes.h"
#include "extension/statement.h"
#include "extension/table_info.h"
#include "schemas/commit_socket.h"

namespace murmel::extension {
namespace {

// Those of constraints have no SQL.
constexpr char kTablesWithUnique[] =
    "SELECT DISTINCT tbl_name FROM \"%w\".sqlite_master"
    " WHERE type='index' AND (sql IS NULL OR sql LIKE 'CREATE UNIQUE%%')";

}  // namespace

int KeyConstraints::refresh(sqlite3* db, const char* schema, std::int64_t cookie, Fault& fault) noexcept {
  if (cookie == cookie_) return SQLITE_OK;
  cookie_ = -1;
  foreign_keys_.clear();
  int rc = read_indexes(db, schema, fault);
  if (rc == SQLITE_OK) rc = list_foreign_keys(db, schema, foreign_keys_, fault);
  if (rc == SQLITE_OK) cookie_ = cookie;
  return rc;
}

int KeyConstraints::read_indexes(sqlite3* db, const char* schema, Fault& fault) noexcept {
  count_ = 0;
  indexes_.clear();
  if (!put_number(indexes_, count_)) return fault.fail(SQLITE_NOMEM, "out of memory");
  Statement tables;
  int rc = tables.prepare(db, fault, 0, kTablesWithUnique, schema);
  while (rc == SQLITE_OK && (rc = tables.step(fault)) == SQLITE_ROW) {
    const char* table = tables.text(0);
    rc = table == nullptr || is_internal_name(table) ? SQLITE_OK : read_table(db, schema, table, fault);
  }
  if (rc != SQLITE_DONE) return rc;
  if (count_ > commit_socket::kIndexesMax) {
    return fault.fail(SQLITE_TOOBIG, "a database at QUORUM may have %u UNIQUE indexes at most",
                      commit_socket::kIndexesMax);
  }
  std::memcpy(indexes_.data(), &count_, sizeof count_);
  return SQLITE_OK;
}

int KeyConstraints::read_table(sqlite3* db, const char* schema, const char* table, Fault& fault) noexcept {
  enum Column { kName = 1, kUnique, kOrigin, kPartial };
  Statement indexes;
  int rc = indexes.prepare(db, fault, 0, "PRAGMA \"%w\".index_list(\"%w\")", schema, table);
  while (rc == SQLITE_OK && (rc = indexes.step(fault)) == SQLITE_ROW) {
    rc = SQLITE_OK;
    const char* origin = indexes.text(kOrigin);
    if (indexes.integer(kUnique) == 0) continue;
    const Index index{indexes.text(kName), indexes.integer(kPartial) != 0,
                      origin != nullptr && std::strcmp(origin, "pk") == 0};
    rc = read_index(db, schema, table, index, fault);
  }
  return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

int KeyConstraints::read_index(sqlite3* db, const char* schema, const char* table, const Index& index,
                               Fault& fault) noexcept {
  enum Column { kName = 2, kCollation = 4, kInKey };
  Statement parts;
  int rc = parts.prepare(db, fault, 0, "PRAGMA \"%w\".index_xinfo(\"%w\")", schema, index.name);
  Vec<std::uint8_t> columns;
  std::uint32_t in_key = 0;
  bool expression = index.partial;
  bool named = false;
  bool ok = true;
  while (rc == SQLITE_OK && (rc = parts.step(fault)) == SQLITE_ROW) {
    rc = SQLITE_OK;
    if (parts.integer(kInKey) == 0) continue;
    const char* name = parts.text(kName);  // NULL: an expression
    if (name == nullptr) expression = true;
    const char* collation = parts.text(kCollation);
    const bool other = collation_of(collation) == row_stream::kOther;
    ok = ok && put_text(columns, name == nullptr ? "" : name) && columns.push(collation_of(collation)) &&
         (!other || put_text(columns, collation));
    named = named || other;
    in_key++;
  }
  if (rc != SQLITE_DONE) return rc;
  if (index.of_key && !named) return SQLITE_OK;
  count_++;
  ok = ok && put_text(indexes_, table) && indexes_.push(expression) && put_number(indexes_, in_key) &&
       indexes_.append(columns.data(), columns.size());
  return ok ? SQLITE_OK : fault.fail(SQLITE_NOMEM, "out of memory");
}

}  // namespace murmel::extension
