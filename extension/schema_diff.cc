#include "extension/schema_diff.h"

#include <strings.h>

#include "extension/create_columns.h"
#include "extension/shadow_tables.h"
#include "extension/statement.h"

namespace murmel::extension {
namespace {

constexpr char kDropped[] =
    "SELECT s.type, s.name, s.tbl_name, s.sql, s.entry FROM \"%w\".__murmel_schema s WHERE s.type<>'cookie'"
    " AND (s.type, s.name) NOT IN (SELECT type, name FROM \"%w\".sqlite_master)"
    " ORDER BY CASE s.type WHEN 'trigger' THEN 0 WHEN 'view' THEN 1 WHEN 'index' THEN 2 ELSE 3 END, s.entry "
    "DESC";
constexpr char kPresent[] =
    "SELECT m.type, m.name, m.tbl_name, s.sql, s.entry, m.sql, m.rowid, s.name IS NULL"
    " FROM \"%w\".sqlite_master m LEFT JOIN \"%w\".__murmel_schema s ON s.type=m.type AND s.name=m.name"
    " WHERE m.name NOT GLOB '__murmel_*' AND m.name NOT GLOB 'sqlite_*' AND m.tbl_name NOT GLOB '__murmel_*'"
    " ORDER BY m.rowid";

bool same_text(const char* a, const char* b) {
  if (a == nullptr || b == nullptr) return a == b;
  return std::strcmp(a, b) == 0;
}

}  // namespace

bool SchemaObject::is_plain_table() const {
  const char* sql = new_sql != nullptr ? new_sql : old_sql;
  return is_table() && sql != nullptr && sqlite3_strlike("CREATE VIRTUAL TABLE%", sql, 0) != 0;
}

SchemaDiff::~SchemaDiff() {
  for (char* text : texts_) std::free(text);
}

const char* SchemaDiff::keep(const char* text) {
  if (text == nullptr) return nullptr;
  char* copy = strdup(text);
  if (copy != nullptr && texts_.push(copy)) return copy;
  std::free(copy);
  out_of_memory_ = true;
  return "";
}

// Of one that was there before.
void SchemaDiff::compare(SchemaObject& object) {
  if (same_text(object.old_sql, object.new_sql)) return;
  object.fate = SchemaFate::kChanged;
  if (!object.is_plain_table() || object.old_sql == nullptr) return;
  object.alters = alter_steps(object.old_sql, object.new_sql);
  object.only_grew = only_grew(object.old_sql, object.new_sql);
  out_of_memory_ = out_of_memory_ || object.alters == -2;
}

int SchemaDiff::load(sqlite3* db, const char* schema, Fault& fault) {
  Statement rows;
  int rc = rows.prepare(db, fault, 0, kDropped, schema, schema);
  while (rc == SQLITE_OK && (rc = rows.step(fault)) == SQLITE_ROW) {
    SchemaObject object;
    object.type = keep(rows.text(0));
    object.name = keep(rows.text(1));
    object.table = keep(rows.text(2));
    object.old_sql = keep(rows.text(3));
    object.old_entry = rows.integer(4);
    object.fate = SchemaFate::kDropped;
    rc = objects_.push(object) ? SQLITE_OK : SQLITE_NOMEM;
  }
  if (rc == SQLITE_DONE) rc = rows.prepare(db, fault, 0, kPresent, schema, schema);
  while (rc == SQLITE_OK && (rc = rows.step(fault)) == SQLITE_ROW) {
    SchemaObject object;
    object.type = keep(rows.text(0));
    object.name = keep(rows.text(1));
    object.table = keep(rows.text(2));
    object.old_sql = keep(rows.text(3));
    object.old_entry = rows.integer(4);
    object.new_sql = keep(rows.text(5));
    object.new_entry = rows.integer(6);
    const bool created = rows.integer(7) != 0;
    if (created) {
      object.fate = SchemaFate::kCreated;
    } else {
      compare(object);
    }
    rc = objects_.push(object) ? SQLITE_OK : SQLITE_NOMEM;
  }
  if (rc == SQLITE_NOMEM || out_of_memory_) return fault.fail(SQLITE_NOMEM, "out of memory");
  return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

// Whether another table changed: what refers to it is rewritten along with it.
bool SchemaDiff::altered_beside(const SchemaObject& object) const {
  for (const SchemaObject& other : objects_) {
    if (&other != &object && other.is_table() && other.fate != SchemaFate::kUnchanged) return true;
  }
  return false;
}

bool SchemaDiff::goes_with_table(const SchemaObject& gone) const {
  for (const SchemaObject& object : objects_) {
    if (object.is_table() && object.fate == SchemaFate::kDropped &&
        strcasecmp(object.name, gone.table) == 0) {
      return true;
    }
  }
  return false;
}

// How many steps of the cookie the visible changes account for. What goes or changes along with its
// table is no step of its own.
std::int64_t SchemaDiff::explained() const {
  std::int64_t steps = 0;
  for (const SchemaObject& object : objects_) {
    switch (object.fate) {
      case SchemaFate::kUnchanged: break;
      case SchemaFate::kCreated:
      case SchemaFate::kRenamed:
      case SchemaFate::kReplaced: steps++; break;
      case SchemaFate::kDropped:
        if (object.is_table() || !goes_with_table(object)) steps++;
        break;
      case SchemaFate::kChanged:
        // An index, view or trigger can only be dropped and made again, unless ALTER TABLE rewrote it.
        if (object.is_table() && object.alters > 0) {
          steps += object.alters;
        } else if (!altered_beside(object)) {
          steps += object.is_table() ? 1 : 2;
        }
        break;
    }
  }
  return steps;
}

void SchemaDiff::find_replaced(std::int64_t unexplained) {
  std::int64_t greatest = 0;
  for (SchemaObject& object : objects_) {
    if (!object.is_plain_table() || object.new_entry == 0 || object.fate == SchemaFate::kCreated) continue;
    const bool moved = object.old_entry < greatest;
    const bool other_entry = object.fate == SchemaFate::kChanged && object.old_entry != object.new_entry;
    // Dropping the last column and adding it again, and then another one, takes two steps more than adding
    // one.
    const std::int64_t doubt = object.alters > 0 && object.only_grew ? 2 : 1;
    const bool otherwise = object.fate == SchemaFate::kChanged && (object.alters < 0 || unexplained >= doubt);
    if (moved || other_entry || otherwise) object.fate = SchemaFate::kReplaced;
    if (object.old_entry > greatest) greatest = object.old_entry;
  }
  // A table that was the last before keeps its place when it is dropped and made again.
  std::int64_t doubtful = unexplained / 2;
  for (std::size_t i = objects_.size(); i-- > 0 && doubtful > 0;) {
    SchemaObject& object = objects_[i];
    if (!object.is_plain_table() || object.new_entry == 0 || object.fate == SchemaFate::kCreated) continue;
    object.fate = SchemaFate::kReplaced;
    doubtful--;
  }
}

// Indexes and triggers of a replaced table went with the old one.
void SchemaDiff::take_dependents_along() {
  bool any = false;
  for (const SchemaObject& object : objects_) any = any || object.fate == SchemaFate::kReplaced;
  for (SchemaObject& object : objects_) {
    if (!any || object.is_table() || object.new_entry == 0 || object.fate == SchemaFate::kCreated) continue;
    const SchemaObject* table = find_table(object.table);
    if (table != nullptr && table->fate == SchemaFate::kReplaced) object.fate = SchemaFate::kReplaced;
  }
}

int SchemaDiff::read(sqlite3* db, const char* schema, std::int64_t steps, Fault& fault) noexcept {
  const int rc = load(db, schema, fault);
  if (rc != SQLITE_OK) return rc;
  if (steps >= 0) find_renames();
  if (out_of_memory_) return fault.fail(SQLITE_NOMEM, "out of memory");
  const std::int64_t unexplained = steps < 0 ? 0 : steps - explained();
  if (unexplained != 0) replace_renamed();
  find_replaced(unexplained);
  take_dependents_along();
  return SQLITE_OK;
}

void SchemaDiff::replace_only(const char* table) {
  for (SchemaObject& object : objects_) {
    object.fate = SchemaFate::kUnchanged;
    if (object.is_table() && object.new_entry != 0 && strcasecmp(object.name, table) == 0)
      object.fate = SchemaFate::kReplaced;
  }
  take_dependents_along();
}

bool SchemaDiff::any() const {
  for (const SchemaObject& object : objects_) {
    if (object.fate != SchemaFate::kUnchanged) return true;
  }
  return false;
}

const SchemaObject* SchemaDiff::find_table(const char* name) const {
  for (const SchemaObject& object : objects_) {
    if (object.is_table() && object.new_entry != 0 && strcasecmp(object.name, name) == 0) return &object;
  }
  return nullptr;
}

}  // namespace murmel::extension
