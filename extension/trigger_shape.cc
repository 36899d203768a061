#include "extension/trigger_shape.h"

#include <strings.h>

#include "extension/statement.h"

namespace murmel::extension {
namespace {

row_stream::Collation collation_of(const char* name) {
  if (name == nullptr || strcasecmp(name, "BINARY") == 0) return row_stream::kBinary;
  if (strcasecmp(name, "NOCASE") == 0) return row_stream::kNocase;
  if (strcasecmp(name, "RTRIM") == 0) return row_stream::kRtrim;
  return row_stream::kOther;
}

// Adds the columns of one unique index as key number `key`; `added` is false when it has parts we can't
// compare.
int add_index(sqlite3* db, const char* schema, const char* index, std::uint16_t key, Shape& shape,
              bool* added, Fault& fault) {
  Statement parts;
  int rc = parts.prepare(db, fault, 0, "PRAGMA \"%w\".index_xinfo(\"%w\")", schema, index);
  if (rc != SQLITE_OK) return rc;
  const std::size_t start = shape.keys.size();
  *added = true;
  while ((rc = parts.step(fault)) == SQLITE_ROW) {
    if (parts.integer(5) == 0) continue;  // stored in the index, but not part of the key
    bool found = false;
    for (std::size_t i = 0; i < shape.table.columns.size(); i++) {
      if (shape.table.columns[i].table_index != parts.integer(1)) continue;
      const KeyPart part{key, static_cast<std::uint16_t>(i), collation_of(parts.text(4))};
      if (!shape.keys.push(part)) return fault.fail(SQLITE_NOMEM, "out of memory");
      found = part.collation != row_stream::kOther;
    }
    if (!found) *added = false;
  }
  if (!*added) shape.keys.shrink(start);
  return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

bool add_rowid_key(Shape& shape) {
  for (std::size_t i = 0; i < shape.table.columns.size(); i++) {
    if (shape.table.columns[i].key_ordinal == 0) continue;
    if (!shape.keys.push({0, static_cast<std::uint16_t>(i), row_stream::kBinary})) return false;
  }
  return true;
}

// Primary key first, so that key 0 identifies a row.
int read_keys(sqlite3* db, const char* schema, const char* table, Shape& shape, Fault& fault) {
  Statement indexes;
  int rc = indexes.prepare(db, fault, 0,
                           "SELECT name FROM pragma_index_list('%q', '%q') WHERE \"unique\" AND NOT partial"
                           " ORDER BY origin <> 'pk', seq",
                           table, schema);
  if (rc != SQLITE_OK) return rc;
  Statement primary;
  rc = primary.prepare(db, fault, 0, "SELECT 1 FROM pragma_index_list('%q', '%q') WHERE origin = 'pk'", table,
                       schema);
  if (rc == SQLITE_OK) rc = primary.step(fault);
  if (rc != SQLITE_ROW && rc != SQLITE_DONE) return rc;
  std::uint16_t key = 0;
  if (rc == SQLITE_DONE && shape.table.has_key()) {
    if (!add_rowid_key(shape)) return fault.fail(SQLITE_NOMEM, "out of memory");
    key = 1;
  }
  if (!shape.table.has_key()) key = 1;
  while ((rc = indexes.step(fault)) == SQLITE_ROW) {
    bool added = false;
    rc = add_index(db, schema, indexes.text(0), key, shape, &added, fault);
    if (rc != SQLITE_OK) return rc;
    if (added || key == 0) key++;
  }
  return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

// flags and number of columns out of the description: text name, u8 flags, varint n.
bool parse_description(Shape& shape) {
  const Vec<std::uint8_t>& bytes = shape.table.description;
  std::size_t at = 0;
  const auto varint = [&](std::uint64_t* value) {
    *value = 0;
    for (int shift = 0; at < bytes.size() && shift < 64; shift += 7) {
      const std::uint8_t byte = bytes[at++];
      *value |= static_cast<std::uint64_t>(byte & 0x7f) << shift;
      if (byte < 0x80) return true;
    }
    return false;
  };
  std::uint64_t name = 0;
  std::uint64_t columns = 0;
  if (!varint(&name) || name >= bytes.size() - at) return false;
  at += name;
  shape.table.flags = bytes[at++];
  if (!varint(&columns) || columns > kWideValuesMax) return false;
  shape.columns = static_cast<int>(columns);
  return true;
}

}  // namespace

int read_shape(sqlite3* db, const char* schema, const char* table, Shape& shape, Fault& fault) noexcept {
  int rc = load_table(db, schema, table, false, shape.table, fault);
  if (rc != SQLITE_OK || !shape.table.captured()) return rc;
  shape.columns = static_cast<int>(shape.table.columns.size());
  if (shape.columns > kWideValuesMax) {
    return fault.fail(SQLITE_TOOBIG, "table %s has more than %d columns, which triggers can't capture", table,
                      kWideValuesMax);
  }
  return read_keys(db, schema, table, shape, fault);
}

int store_shape(sqlite3* db, const char* schema, Shape& shape, Fault& fault) noexcept {
  Statement next;
  int rc = next.prepare(db, fault, 0, "SELECT coalesce(max(id), 0) + 1 FROM \"%w\".__murmel_shape", schema);
  if (rc == SQLITE_OK) rc = next.step(fault);
  if (rc != SQLITE_ROW) return rc;
  shape.id = next.integer(0);
  Statement insert;
  rc = insert.prepare(db, fault, 0, "INSERT INTO \"%w\".__murmel_shape VALUES(?1, ?2, ?3, ?4)", schema);
  if (rc != SQLITE_OK) return rc;
  insert.bind(1, shape.id);
  insert.bind(2, shape.table.name.c_str());
  sqlite3_bind_blob64(insert.get(), 3, shape.table.description.data(), shape.table.description.size(),
                      SQLITE_STATIC);
  sqlite3_bind_blob64(insert.get(), 4,
                      shape.keys.empty() ? nullptr : static_cast<const void*>(shape.keys.data()),
                      shape.keys.size() * sizeof(KeyPart), SQLITE_STATIC);
  if (shape.keys.empty()) sqlite3_bind_zeroblob(insert.get(), 4, 0);
  return insert.run(fault);
}

int load_shape(sqlite3* db, const char* schema, std::int64_t id, Shape& shape, Fault& fault) noexcept {
  Statement row;
  int rc = row.prepare(db, fault, 0, "SELECT tbl, description, keys FROM \"%w\".__murmel_shape WHERE id = ?1",
                       schema);
  if (rc != SQLITE_OK) return rc;
  row.bind(1, id);
  rc = row.step(fault);
  if (rc != SQLITE_ROW) return rc == SQLITE_DONE ? SQLITE_NOTFOUND : rc;
  shape.id = id;
  const auto* description = static_cast<const std::uint8_t*>(sqlite3_column_blob(row.get(), 1));
  const auto description_bytes = static_cast<std::size_t>(sqlite3_column_bytes(row.get(), 1));
  const auto* keys = static_cast<const KeyPart*>(sqlite3_column_blob(row.get(), 2));
  const auto keys_bytes = static_cast<std::size_t>(sqlite3_column_bytes(row.get(), 2));
  if (!shape.table.name.assign(row.text(0)) ||
      !shape.table.description.append(description, description_bytes)) {
    return fault.fail(SQLITE_NOMEM, "out of memory");
  }
  for (std::size_t i = 0; i < keys_bytes / sizeof(KeyPart); i++) {
    KeyPart part;
    std::memcpy(&part, keys + i, sizeof part);
    if (!shape.keys.push(part)) return fault.fail(SQLITE_NOMEM, "out of memory");
  }
  if (!parse_description(shape)) return fault.fail(SQLITE_CORRUPT, "table __murmel_shape is damaged");
  for (const KeyPart& part : shape.keys) {
    if (part.column >= shape.columns) return fault.fail(SQLITE_CORRUPT, "table __murmel_shape is damaged");
  }
  return SQLITE_OK;
}

int find_shape(sqlite3* db, const char* schema, Shape& shape, Fault& fault) noexcept {
  shape.id = 0;
  Statement row;
  int rc =
      row.prepare(db, fault, 0,
                  "SELECT id FROM \"%w\".__murmel_shape WHERE tbl = ?1 AND description = ?2 AND keys = ?3"
                  " ORDER BY id DESC",
                  schema);
  if (rc != SQLITE_OK) return rc;
  row.bind(1, shape.table.name.c_str());
  sqlite3_bind_blob64(row.get(), 2, shape.table.description.data(), shape.table.description.size(),
                      SQLITE_STATIC);
  sqlite3_bind_blob64(row.get(), 3, shape.keys.data(), shape.keys.size() * sizeof(KeyPart), SQLITE_STATIC);
  if (shape.keys.empty()) sqlite3_bind_zeroblob(row.get(), 3, 0);
  rc = row.step(fault);
  if (rc == SQLITE_ROW) shape.id = row.integer(0);
  return rc == SQLITE_ROW || rc == SQLITE_DONE ? SQLITE_OK : rc;
}

}  // namespace murmel::extension
