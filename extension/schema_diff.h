// SchemaDiff: what happened between the schema last logged (__murmel_schema) and the schema now.
//
// Equal text does not mean the same table: DROP TABLE and CREATE TABLE of the same text empties it, and no
// row event says so. What gives it away: the schema cookie grew by more than the visible changes explain, and
// the table moved behind others in sqlite_schema, or is the last there. Taking an untouched table for a new
// one costs a needless snapshot; the other way round would lose rows, so doubt means "new". VACUUM renumbers
// entries in order and adds one to the cookie: one unexplained step means nothing.
// A table of another name in the old one's entry, with its columns and the name as ALTER TABLE ... RENAME TO
// quotes it, is that table renamed. If the cookie says that more has happened it is made again with all of
// its rows besides, as it could be a new one, too: so it is right in both cases. Nor does ALTER TABLE say
// what it did to columns: a column that was dropped and added again looks like one that stayed. Where the
// texts have another explanation than the one a receiver takes them for (create_columns.h), as order or an
// unexplained step of the cookie shows, the table counts as replaced.
#pragma once

#include "extension/fault.h"
#include "extension/memory.h"

namespace murmel::extension {

enum class SchemaFate : std::uint8_t { kUnchanged, kCreated, kDropped, kChanged, kReplaced, kRenamed };

// Texts are owned by the SchemaDiff; nullptr where there is none.
struct SchemaObject {
  const char* type = nullptr;  // table, index, view, trigger
  const char* name = nullptr;
  const char* table = nullptr;
  const char* old_sql = nullptr;
  const char* new_sql = nullptr;
  const char* renamed_to = nullptr;  // kRenamed: an object of its own, beside the one that has the new name
  std::int64_t old_entry = 0;
  std::int64_t new_entry = 0;
  int alters = 0;          // kChanged tables: statements that lead from one text to the other; -1: none do
  bool only_grew = false;  // kChanged tables: by one piece of text
  bool had_other_name = false;
  SchemaFate fate = SchemaFate::kUnchanged;

  bool is_table() const { return std::strcmp(type, "table") == 0; }
  bool is_plain_table() const;  // has rows of its own: not a virtual table
  // Its rows are not what the log says, so they have to be logged whole.
  bool needs_snapshot() const {
    return (fate == SchemaFate::kCreated || fate == SchemaFate::kReplaced) && is_plain_table();
  }
};

class SchemaDiff {
 public:
  SchemaDiff() = default;
  ~SchemaDiff();
  SchemaDiff(const SchemaDiff&) = delete;
  SchemaDiff& operator=(const SchemaDiff&) = delete;

  // Compares; `steps`: by how much the schema cookie grew, < 0 when not known.
  int read(sqlite3* db, const char* schema, std::int64_t steps, Fault& fault) noexcept;
  // Takes a table, and what depends on it, for dropped and made again, and all else for unchanged.
  void replace_only(const char* table);
  // Dropped objects first, dependent ones before tables; then renames, in an order in which each name is free
  // when it is given; then the others in the order of their creation.
  const Vec<SchemaObject>& objects() const { return objects_; }
  bool any() const;
  // One that there is now.
  const SchemaObject* find_table(const char* name) const;

 private:
  struct Rename {
    std::size_t from = 0;  // places of the objects that have, or had, these names
    std::size_t to = 0;
    const char* name = nullptr;  // that the table has by now
    const char* sql = nullptr;
    bool made = false;
  };

  int load(sqlite3* db, const char* schema, Fault& fault);
  void compare(SchemaObject& object);
  const char* keep(const char* text);
  // schema_renames.cc
  void find_renames();
  void match_renames(Vec<Rename>& renames);
  void take_over_names(const Vec<Rename>& renames, Vec<SchemaObject>& dropped, Vec<SchemaObject>& present);
  void order_renames(Vec<Rename>& renames, Vec<SchemaObject>& out);
  void make_rename(Rename& rename, const char* to, const char* sql, Vec<SchemaObject>& out);
  const char* text_under(const char* sql, const char* name);
  void replace_renamed();
  void find_replaced(std::int64_t unexplained);
  void take_dependents_along();
  std::int64_t explained() const;
  bool altered_beside(const SchemaObject& object) const;
  bool goes_with_table(const SchemaObject& gone) const;

  Vec<SchemaObject> objects_;
  Vec<char*> texts_;
  bool out_of_memory_ = false;
};

}  // namespace murmel::extension
