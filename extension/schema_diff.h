// SchemaDiff: what happened between the schema last logged (__murmel_schema) and the schema now.
//
// Equal text does not mean the same table: DROP TABLE and CREATE TABLE of the same text empties it, and no
// row event says so. What gives it away: the schema cookie grew by more than the visible changes explain, and
// the table moved behind others in sqlite_schema, or is the last there. Taking an untouched table for a new
// one costs a needless snapshot; the other way round would lose rows, so doubt means "new". VACUUM renumbers
// entries in order and adds one to the cookie: one unexplained step means nothing.
// Nor does ALTER TABLE say what it did: a column that was dropped and added again looks like one that stayed.
// Where the texts have another explanation than the one a receiver takes them for (create_columns.h), as
// order or an unexplained step of the cookie shows, the table counts as replaced.
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
  const char* renamed_to = nullptr;  // kRenamed
  std::int64_t old_entry = 0;
  std::int64_t new_entry = 0;
  int alters = 0;          // kChanged tables: statements that lead from one text to the other; -1: none do
  bool only_grew = false;  // kChanged tables: by one piece of text
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
  // Dropped objects first, dependent ones before tables; then the others in the order of their creation.
  const Vec<SchemaObject>& objects() const { return objects_; }
  bool any() const;
  const SchemaObject* find_table(const char* name) const;

 private:
  int load(sqlite3* db, const char* schema, Fault& fault);
  const char* keep(const char* text);
  void find_rename();
  void find_replaced(std::int64_t unexplained);
  void take_dependents_along();
  std::int64_t explained() const;
  bool altered_beside(const SchemaObject& object) const;
  bool may_be_renamed(const SchemaObject& gone) const;
  bool goes_with_table(const SchemaObject& gone) const;

  Vec<SchemaObject> objects_;
  Vec<char*> texts_;
  bool out_of_memory_ = false;
};

}  // namespace murmel::extension
