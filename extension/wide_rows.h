// WideRows: the rows that capture triggers wrote into __murmel_wide, turned into items of a log record.
//
// Rows that are there when a transaction begins were written by connections without the extension; they
// become a record of their own, before that transaction's. Rows that come during the transaction are its own:
// a connection whose SQLite has no preupdate hook turns them into its record; one that captures by hook drops
// them, because it has them already. Not thread-safe; belongs to one connection.
#pragma once

#include "extension/change_buffer.h"
#include "extension/statement.h"

namespace murmel::extension {

class WideRows {
 public:
  WideRows(sqlite3* db, const char* schema) : db_(db), schema_(schema) {}
  WideRows(const WideRows&) = delete;
  WideRows& operator=(const WideRows&) = delete;

  // Whether the database has the wide table; to be asked again when the schema has moved.
  int look(bool* present, Fault& fault) noexcept;
  // Remembers what is there already: rows of others. Only when the table is present.
  int begin(Fault& fault) noexcept;
  bool others_waiting() const { return others_ > 0; }
  // What begin() found, and back to it when a savepoint undid what was taken since.
  std::int64_t others() const { return others_; }
  void go_back(std::int64_t others) { others_ = others; }
  // Ids are dense, so the greatest one is also about how many there are.
  std::int64_t count() const { return others_; }

  // Appends the rows of others to `out`, and deletes them.
  int take_others(ChangeBuffer& out, Fault& fault) noexcept;
  // The same with this transaction's rows.
  int take_own(ChangeBuffer& out, Fault& fault) noexcept;
  // Deletes this transaction's rows.
  int drop_own(Fault& fault) noexcept;

  // Frees the statements; they are prepared again when needed.
  void finalize();

 private:
  int take(std::int64_t after, std::int64_t up_to, ChangeBuffer& out, Fault& fault);
  int remove(std::int64_t after, std::int64_t up_to, Fault& fault);

  sqlite3* db_;
  const char* schema_;       // outlives this
  std::int64_t others_ = 0;  // greatest id of the rows of others; 0: none
  Statement last_;
  Statement read_;
  Statement delete_;
};

// Appends the rows of others to the log as a record of their own; before the caller's record is begun.
int log_wide_rows_of_others(sqlite3* db, const char* schema, WideRows& wide, Fault& fault) noexcept;

}  // namespace murmel::extension
