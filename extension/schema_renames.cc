// SchemaDiff: which tables were renamed. ALTER TABLE ... RENAME TO leaves a table its entry in sqlite_schema.
#include <strings.h>

#include "extension/create_columns.h"
#include "extension/schema_diff.h"
#include "extension/sqlite.h"

namespace murmel::extension {
namespace {

bool is_another(const SchemaObject& object) {
  return object.is_plain_table() && object.new_entry != 0 &&
         (object.old_sql == nullptr || object.old_entry != object.new_entry);
}

// RENAME TO writes the name in double quotes, whatever it was written in.
bool is_named_by_rename(const SchemaObject& object) {
  char* head = sqlite3_mprintf("CREATE TABLE \"%w\"", object.name);
  const bool named = head != nullptr && std::strncmp(object.new_sql, head, std::strlen(head)) == 0;
  sqlite3_free(head);
  return named;
}

bool may_have_been(const SchemaObject& gone, const SchemaObject& came) {
  return gone.is_plain_table() && gone.old_sql != nullptr && gone.old_entry == came.new_entry &&
         (gone.new_entry == 0 || is_another(gone)) &&
         (alter_steps(gone.old_sql, came.new_sql) >= 0 || has_columns_of(came.new_sql, gone.old_sql));
}

}  // namespace

void SchemaDiff::match_renames(Vec<Rename>& renames) {
  for (std::size_t to = 0; to < objects_.size(); to++) {
    if (!is_another(objects_[to]) || !is_named_by_rename(objects_[to])) continue;
    for (std::size_t from = 0; from < objects_.size(); from++) {
      if (from == to || !may_have_been(objects_[from], objects_[to])) continue;
      const Rename rename{from, to, objects_[from].name, objects_[from].old_sql, false};
      out_of_memory_ = !renames.push(rename) || out_of_memory_;
      break;
    }
  }
}

// nullptr never: what memory does not suffice for is noted.
const char* SchemaDiff::text_under(const char* sql, const char* name) {
  char* text = sqlite3_mprintf("CREATE TABLE \"%w\"%s", name, behind_name(sql));
  const char* kept = keep(text == nullptr ? "" : text);
  out_of_memory_ = out_of_memory_ || text == nullptr;
  sqlite3_free(text);
  return kept;
}

// What had the new names before is gone, what has the old ones now is new, and the renamed tables are
// compared with what they were under their new names.
void SchemaDiff::take_over_names(const Vec<Rename>& renames, Vec<SchemaObject>& dropped,
                                 Vec<SchemaObject>& present) {
  for (std::size_t i = 0; i < objects_.size(); i++) {
    const Rename* here = nullptr;
    bool away = false;
    for (const Rename& rename : renames) {
      if (rename.to == i) here = &rename;
      away = away || rename.from == i;
    }
    SchemaObject object = objects_[i];
    if (object.new_entry == 0) {
      if (!away) out_of_memory_ = !dropped.push(object) || out_of_memory_;
      continue;
    }
    if (here != nullptr && !away && object.old_sql != nullptr) {
      SchemaObject former = object;
      former.new_sql = nullptr;
      former.new_entry = 0;
      former.fate = SchemaFate::kDropped;
      out_of_memory_ = !dropped.push(former) || out_of_memory_;
    }
    if (here != nullptr) {
      const char* before = objects_[here->from].old_sql;
      object.old_sql =
          alter_steps(before, object.new_sql) == 0 ? object.new_sql : text_under(before, object.name);
      object.old_entry = object.new_entry;
      object.fate = SchemaFate::kUnchanged;
      object.had_other_name = true;
      compare(object);
    } else if (away) {
      object.old_sql = nullptr;
      object.old_entry = 0;
      object.fate = SchemaFate::kCreated;
    }
    out_of_memory_ = !present.push(object) || out_of_memory_;
  }
}

void SchemaDiff::make_rename(Rename& rename, const char* to, const char* sql, Vec<SchemaObject>& out) {
  SchemaObject made;
  made.type = "table";
  made.name = rename.name;
  made.table = rename.name;
  made.old_sql = rename.sql;
  made.new_sql = sql;
  made.renamed_to = to;
  made.fate = SchemaFate::kRenamed;
  out_of_memory_ = !out.push(made) || out_of_memory_;
  rename.name = to;
  rename.sql = sql;
}

// Each when its new name is free; tables that exchange their names need one more for the time between.
void SchemaDiff::order_renames(Vec<Rename>& renames, Vec<SchemaObject>& out) {
  for (std::size_t left = renames.size(); left > 0 && !out_of_memory_;) {
    Rename* blocked = nullptr;
    bool any = false;
    for (Rename& rename : renames) {
      if (rename.made) continue;
      const SchemaObject& to = objects_[rename.to];
      bool free = true;
      for (const Rename& other : renames) {
        free = free && (&other == &rename || other.made || strcasecmp(other.name, to.name) != 0);
      }
      if (!free) {
        blocked = &rename;
        continue;
      }
      make_rename(rename, to.name, to.old_sql, out);
      rename.made = any = true;
      left--;
    }
    if (any) continue;
    const char* between = blocked->name;
    do {
      char* longer = sqlite3_mprintf("%s_", between);
      out_of_memory_ = out_of_memory_ || longer == nullptr;
      between = keep(longer == nullptr ? "" : longer);
      sqlite3_free(longer);
    } while (!out_of_memory_ && find_table(between) != nullptr);
    make_rename(*blocked, between, text_under(blocked->sql, between), out);
  }
}

void SchemaDiff::find_renames() {
  Vec<Rename> renames;
  match_renames(renames);
  if (renames.empty() || out_of_memory_) return;
  Vec<SchemaObject> all;
  Vec<SchemaObject> present;
  take_over_names(renames, all, present);
  // Now under their new names, with the texts that renaming alone gives them.
  std::size_t next = 0;
  for (SchemaObject& object : objects_) {
    if (object.new_entry != 0) object = present[next++];
  }
  order_renames(renames, all);
  out_of_memory_ = !all.append(present.data(), present.size()) || out_of_memory_;
  if (!out_of_memory_) objects_.swap(all);
}

// More has happened than what is seen: each may be a new table after all.
void SchemaDiff::replace_renamed() {
  for (SchemaObject& object : objects_) {
    if (object.had_other_name) object.fate = SchemaFate::kReplaced;
  }
}

}  // namespace murmel::extension
