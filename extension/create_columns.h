// What ALTER TABLE did to a table, as far as two texts of CREATE TABLE tell. Receivers see the same two texts
// and keep the rows: a column of the same name keeps its values, one that stands where another name stood, in
// a table of as many columns, is that one renamed, the others are new. Pure text; no SQLite connection.
#pragma once

#include "extension/memory.h"

namespace murmel::extension {

// The column names of a CREATE TABLE, in order, as they are written (without quotes).
class CreateColumns {
 public:
  // `sql` as SQLite keeps it. False when memory ran out.
  [[nodiscard]] bool read(const char* sql);
  std::size_t size() const { return starts_.size(); }
  const char* operator[](std::size_t i) const { return names_.data() + starts_[i]; }
  // Place of the column; size() when there is none.
  std::size_t find(const char* name) const;

 private:
  Vec<char> names_;  // each ends with a zero
  Vec<std::size_t> starts_;
};

// What stands behind the table's name in `sql`, as SQLite keeps it.
const char* behind_name(const char* sql);

// How many ALTER TABLE statements lead from one text to the other with the rows that receivers will have:
// 0 when the columns have the same names, -1 when a receiver would not get them right, -2 when memory ran
// out.
int alter_steps(const char* old_sql, const char* new_sql);

// Whether all columns of `old_sql` are there.
bool has_columns_of(const char* new_sql, const char* old_sql);

// Whether `new_sql` is `old_sql` with one piece put in, as by ADD COLUMN.
bool only_grew(const char* old_sql, const char* new_sql);

}  // namespace murmel::extension
