// Reading a table's columns, key and kind from the schema. Runs inside the preupdate hook, so it only reads,
// and it uses nothing that would connect other virtual tables (as PRAGMA table_list does).
#include <strings.h>

#include "extension/shadow_tables.h"
#include "extension/statement.h"
#include "extension/table_identity.h"
#include "extension/table_info.h"
#include "extension/varint.h"

namespace murmel::extension {
namespace {

constexpr int kHiddenVirtualGenerated = 2;
constexpr int kHiddenStoredGenerated = 3;
constexpr int kRowidCid = -1;  // how PRAGMA index_xinfo shows the rowid

bool contains(const char* text, const char* part) {
  return strcasestr(text, part) != nullptr;
}

// Column affinity rules, https://www.sqlite.org/datatype3.html#determination_of_column_affinity.
bool has_real_affinity(const char* type) {
  if (type == nullptr || contains(type, "INT")) return false;
  if (contains(type, "CHAR") || contains(type, "CLOB") || contains(type, "TEXT") || contains(type, "BLOB")) {
    return false;
  }
  return contains(type, "REAL") || contains(type, "FLOA") || contains(type, "DOUB");
}

bool add_name(TableInfo& table, const char* name) {
  return table.names.append(name, std::strlen(name) + 1);
}

int load_columns(sqlite3* db, const char* schema, const char* name, bool slots_count_virtual,
                 TableInfo& table, Fault& fault) {
  Statement columns;
  int rc = columns.prepare(db, fault, 0, "PRAGMA \"%w\".table_xinfo(\"%w\")", schema, name);
  std::uint16_t table_index = 0;
  std::uint16_t stored_index = 0;
  while (rc == SQLITE_OK && (rc = columns.step(fault)) == SQLITE_ROW) {
    const auto hidden = static_cast<int>(columns.integer(6));
    const char* default_value = columns.text(4);
    ColumnInfo column{};
    column.table_index = table_index++;
    column.slot = slots_count_virtual ? column.table_index : stored_index;
    if (hidden != kHiddenVirtualGenerated) stored_index++;
    rc = SQLITE_OK;
    if (hidden == kHiddenVirtualGenerated || hidden == kHiddenStoredGenerated) continue;
    column.key_ordinal = static_cast<std::uint8_t>(columns.integer(5));
    column.real = has_real_affinity(columns.text(2));
    column.has_default = default_value != nullptr && strcasecmp(default_value, "NULL") != 0;
    if (column.key_ordinal != 0) table.flags |= row_stream::kHasKey;
    if (!add_name(table, columns.text(1)) || !table.columns.push(column) || !table.places.push(0)) {
      return fault.fail(SQLITE_NOMEM, "out of memory");
    }
  }
  if (rc != SQLITE_DONE && rc != SQLITE_OK) return rc;
  table.slots = table_index;
  const char* at = table.names.data();
  for (ColumnInfo& column : table.columns) {
    column.name = at;
    at += std::strlen(at) + 1;
  }
  return table_index == 0 ? SQLITE_NOTFOUND : SQLITE_OK;
}

// The index behind the declared key: it tells the collations, and by what it stores besides the key whether
// the table has a rowid. An INTEGER PRIMARY KEY has no such index.
int load_key(sqlite3* db, const char* schema, TableInfo& table, Fault& fault) {
  Statement indexes;
  int rc = indexes.prepare(db, fault, 0, "PRAGMA \"%w\".index_list(\"%w\")", schema, table.name.c_str());
  if (rc != SQLITE_OK) return rc;
  Text key_index;
  while ((rc = indexes.step(fault)) == SQLITE_ROW) {
    const char* origin = indexes.text(3);
    if (origin != nullptr && std::strcmp(origin, "pk") == 0 && !key_index.assign(indexes.text(1))) {
      return fault.fail(SQLITE_NOMEM, "out of memory");
    }
  }
  if (rc != SQLITE_DONE) return rc;
  if (key_index.c_str() == nullptr) {
    for (std::size_t i = 0; i < table.columns.size(); i++) {
      if (table.columns[i].key_ordinal == 1) table.rowid_column = i;
    }
    return SQLITE_OK;
  }

  Statement parts;
  rc = parts.prepare(db, fault, 0, "PRAGMA \"%w\".index_xinfo(\"%w\")", schema, key_index.c_str());
  if (rc != SQLITE_OK) return rc;
  bool has_rowid = false;
  while ((rc = parts.step(fault)) == SQLITE_ROW) {
    const std::int64_t cid = parts.integer(1);
    if (cid == kRowidCid) has_rowid = true;
    if (parts.integer(5) == 0) continue;  // stored in the index, but not part of the key
    for (ColumnInfo& column : table.columns) {
      if (column.table_index == cid) column.collation = collation_of(parts.text(4));
    }
  }
  if (rc != SQLITE_DONE) return rc;
  if (!has_rowid) table.flags |= row_stream::kWithoutRowid;
  return SQLITE_OK;
}

bool put_text(Vec<std::uint8_t>& out, const char* text) {
  std::uint8_t length[kVarintMax];
  const std::size_t n = std::strlen(text);
  return out.append(length, static_cast<std::size_t>(write_varint(length, n) - length)) &&
         out.append(reinterpret_cast<const std::uint8_t*>(text), n);
}

bool describe(TableInfo& table) {
  std::uint8_t count[kVarintMax];
  bool ok = put_text(table.description, table.name.c_str()) && table.description.push(table.flags) &&
            table.description.append(
                count, static_cast<std::size_t>(write_varint(count, table.columns.size()) - count));
  for (const ColumnInfo& column : table.columns) {
    ok = ok && put_text(table.description, column.name) && table.description.push(column.key_ordinal) &&
         table.description.push(column.collation);
  }
  if ((table.flags & row_stream::kRenamed) != 0)
    ok = ok && put_text(table.description, table.identity.c_str());
  return ok;
}

}  // namespace

row_stream::Collation collation_of(const char* name) {
  if (name == nullptr || strcasecmp(name, "BINARY") == 0) return row_stream::kBinary;
  if (strcasecmp(name, "NOCASE") == 0) return row_stream::kNocase;
  if (strcasecmp(name, "RTRIM") == 0) return row_stream::kRtrim;
  return row_stream::kOther;
}

int load_table(sqlite3* db, const char* schema, const char* name, bool slots_count_virtual, TableInfo& table,
               Fault& fault) noexcept {
  if (!table.name.assign(name)) return fault.fail(SQLITE_NOMEM, "out of memory");
  if (is_internal_name(name)) {
    table.skip = Skip::kInternal;
    return SQLITE_OK;
  }
  int rc = classify_shadow(db, schema, name, table, fault);
  if (rc != SQLITE_OK || !table.captured()) return rc;
  rc = load_columns(db, schema, name, slots_count_virtual, table, fault);
  if (rc == SQLITE_OK) rc = load_key(db, schema, table, fault);
  if (rc == SQLITE_OK) rc = read_identity(db, schema, name, table.identity, fault);
  if (rc != SQLITE_OK) return rc;
  if (table.identity.c_str() != nullptr) table.flags |= row_stream::kRenamed;
  if (!table.has_key()) table.flags |= row_stream::kHasRowid;
  return describe(table) ? SQLITE_OK : fault.fail(SQLITE_NOMEM, "out of memory");
}

}  // namespace murmel::extension
