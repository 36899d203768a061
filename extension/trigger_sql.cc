#include "extension/trigger_sql.h"

#include "extension/statement.h"

namespace murmel::extension {
namespace {

// Where the rows of this table go (wide_rows.h).
const char* wide_table(const Shape& shape) {
  return (shape.table.flags & row_stream::kShadowContent) != 0 ? "__murmel_wide_content" : "__murmel_wide";
}

void append_next_id(sqlite3_str* sql, const Shape& shape) {
  sqlite3_str_appendf(sql, "(SELECT coalesce(max(id), 0) + 1 FROM %s)", wide_table(shape));
}

// How a table's rowid goes into the wide table: only where it helps to find the row again.
const char* row_name(const Shape& shape, const char* rowid) {
  return (shape.table.flags & row_stream::kHasRowid) != 0 ? rowid : nullptr;
}

void append_value_names(sqlite3_str* sql, int count) {
  for (int i = 0; i < count; i++) sqlite3_str_appendf(sql, ",v%d", i);
}

void append_values(sqlite3_str* sql, const Shape& shape, const char* row) {
  for (const ColumnInfo& column : shape.table.columns)
    sqlite3_str_appendf(sql, ",%s.\"%w\"", row, column.name);
}

// INSERT INTO the wide table of one or two images of the row.
void append_insert(sqlite3_str* sql, const Shape& shape, WideOp op, const char* rowid, const char* first,
                   const char* second) {
  const char* name = row_name(shape, rowid);
  sqlite3_str_appendf(sql, " INSERT INTO %s(id,shape,op,rid", wide_table(shape));
  append_value_names(sql, second == nullptr ? shape.columns : 2 * shape.columns);
  sqlite3_str_appendall(sql, ")VALUES(");
  append_next_id(sql, shape);
  sqlite3_str_appendf(sql, ",%lld,%d,", static_cast<long long>(shape.id), static_cast<int>(op));
  if (name == nullptr) {
    sqlite3_str_appendall(sql, "NULL");
  } else {
    sqlite3_str_appendf(sql, "%s.%s", first, name);
  }
  append_values(sql, shape, first);
  if (second != nullptr) append_values(sql, shape, second);
  sqlite3_str_appendall(sql, ");");
}

void append_update(sqlite3_str* sql, const Shape& shape, const char* rowid) {
  if (2 * shape.columns <= kWideValuesMax)
    return append_insert(sql, shape, WideOp::kUpdate, rowid, "old", "new");
  append_insert(sql, shape, WideOp::kDelete, rowid, "old", nullptr);
  append_insert(sql, shape, WideOp::kInsert, rowid, "new", nullptr);
}

constexpr const char* collation_name(std::uint16_t collation) {
  return collation == row_stream::kNocase ? "NOCASE" : collation == row_stream::kRtrim ? "RTRIM" : "BINARY";
}

// "(a = new.a AND b = new.b)" for each key from `start` on that has the same number; returns where the next
// key starts.
std::size_t append_key(sqlite3_str* sql, const Shape& shape, std::size_t start, bool changed_only) {
  std::size_t end = start;
  while (end < shape.keys.size() && shape.keys[end].key == shape.keys[start].key) end++;
  sqlite3_str_appendall(sql, "(");
  if (changed_only) {
    sqlite3_str_appendall(sql, "(");
    for (std::size_t i = start; i < end; i++) {
      const char* name = shape.table.columns[shape.keys[i].column].name;
      sqlite3_str_appendf(sql, "%snew.\"%w\" IS NOT old.\"%w\" COLLATE %s", i == start ? "" : " OR ", name,
                          name, collation_name(shape.keys[i].collation));
    }
    sqlite3_str_appendall(sql, ") AND ");
  }
  for (std::size_t i = start; i < end; i++) {
    const char* name = shape.table.columns[shape.keys[i].column].name;
    sqlite3_str_appendf(sql, "%sapp.\"%w\" = new.\"%w\" COLLATE %s", i == start ? "" : " AND ", name, name,
                        collation_name(shape.keys[i].collation));
  }
  sqlite3_str_appendall(sql, ")");
  return end;
}

void append_in_the_way(sqlite3_str* sql, const Shape& shape, const char* table, bool changed_only,
                       bool as_test) {
  for (std::size_t at = 0; at < shape.keys.size();) {
    if (at > 0) sqlite3_str_appendall(sql, " OR ");
    if (as_test) sqlite3_str_appendf(sql, "EXISTS(SELECT 1 FROM \"%w\" AS app WHERE ", table);
    at = append_key(sql, shape, at, changed_only);
    if (as_test) sqlite3_str_appendall(sql, ")");
  }
}

void append_probe(sqlite3_str* sql, const Shape& shape, const char* table, const char* rowid, bool update) {
  const char* name = row_name(shape, rowid);
  sqlite3_str_appendall(sql, " WHEN ");
  append_in_the_way(sql, shape, table, update, true);
  sqlite3_str_appendf(sql, " BEGIN INSERT INTO %s(id,shape,op,rid", wide_table(shape));
  append_value_names(sql, shape.columns);
  // Several rows can be in the way: count on from the greatest id.
  sqlite3_str_appendall(sql, ")SELECT ");
  append_next_id(sql, shape);
  sqlite3_str_appendf(sql, " + row_number() OVER () - 1,%lld,%d,", static_cast<long long>(shape.id),
                      static_cast<int>(WideOp::kCandidate));
  if (name == nullptr) {
    sqlite3_str_appendall(sql, "NULL");
  } else {
    sqlite3_str_appendf(sql, "app.%s", name);
  }
  append_values(sql, shape, "app");
  sqlite3_str_appendf(sql, " FROM \"%w\" AS app WHERE ", table);
  append_in_the_way(sql, shape, table, update, false);
  sqlite3_str_appendall(sql, ";");
}

void append_head(sqlite3_str* sql, const Shape& shape, char letter, const char* event, const char* table) {
  sqlite3_str_appendf(sql, "CREATE TRIGGER \"%s%lld_%c\" %s ON \"%w\"", kTriggerPrefix,
                      static_cast<long long>(shape.id), letter, event, table);
}

}  // namespace

char* trigger_sql(const Shape& shape, TriggerKind kind, const char* table, const char* rowid) noexcept {
  const bool probe = kind == TriggerKind::kBeforeInsert || kind == TriggerKind::kBeforeUpdate;
  if (probe && shape.keys.empty()) return sqlite3_mprintf("");
  sqlite3_str* sql = sqlite3_str_new(nullptr);
  switch (kind) {
    case TriggerKind::kInsert:
      append_head(sql, shape, 'i', "AFTER INSERT", table);
      sqlite3_str_appendall(sql, " BEGIN");
      append_insert(sql, shape, WideOp::kInsert, rowid, "new", nullptr);
      break;
    case TriggerKind::kUpdate:
      append_head(sql, shape, 'u', "AFTER UPDATE", table);
      sqlite3_str_appendall(sql, " BEGIN");
      append_update(sql, shape, rowid);
      break;
    case TriggerKind::kDelete:
      append_head(sql, shape, 'd', "AFTER DELETE", table);
      sqlite3_str_appendall(sql, " BEGIN");
      append_insert(sql, shape, WideOp::kDelete, rowid, "old", nullptr);
      break;
    case TriggerKind::kBeforeInsert:
      append_head(sql, shape, 'b', "BEFORE INSERT", table);
      append_probe(sql, shape, table, rowid, false);
      break;
    case TriggerKind::kBeforeUpdate:
      append_head(sql, shape, 'c', "BEFORE UPDATE", table);
      append_probe(sql, shape, table, rowid, true);
      break;
  }
  sqlite3_str_appendall(sql, " END");
  return sqlite3_str_finish(sql);
}

char* guard_sql(std::int64_t number, GuardKind kind, const char* table) noexcept {
  const char* event = kind == GuardKind::kInsert   ? "INSERT"
                      : kind == GuardKind::kUpdate ? "UPDATE"
                                                   : "DELETE";
  const char letter = kind == GuardKind::kInsert ? 'i' : kind == GuardKind::kUpdate ? 'u' : 'd';
  return sqlite3_mprintf(
      "CREATE TRIGGER \"%sguard_%lld_%c\" BEFORE %s ON \"%w\" WHEN 0 BEGIN SELECT %s(); END", kTriggerPrefix,
      static_cast<long long>(number), letter, event, table, kGuardFunction);
}

const char* free_rowid_name(sqlite3* db, const char* schema, const char* table, Fault& fault) noexcept {
  constexpr const char* kNames[] = {"rowid", "_rowid_", "oid"};
  for (const char* name : kNames) {
    Statement column;
    int rc = column.prepare(
        db, fault, 0, "SELECT 1 FROM pragma_table_xinfo('%q', '%q') WHERE lower(name) = ?1", table, schema);
    if (rc != SQLITE_OK) return nullptr;
    column.bind(1, name);
    rc = column.step(fault);
    if (rc == SQLITE_DONE) return name;
  }
  return nullptr;
}

}  // namespace murmel::extension
