// WideRows: the rows that capture triggers wrote into __murmel_wide, turned into items of a log record.
//
// Rows that are there when a transaction begins were written by connections without the extension; they
// become a record of their own, before that transaction's. Rows that come during the transaction are its own:
// a connection whose SQLite has no preupdate hook turns them into its record; one that captures by hook drops
// them, because it has them already.
//
// Content of full-text indexes has a table of its own, __murmel_wide_content: full-text modules compile their
// statements so that nothing in them may name a virtual table, and the TEMP trigger on __murmel_wide does
// (trigger_mode.h). Not thread-safe; belongs to one connection.
#pragma once

#include "extension/change_buffer.h"
#include "extension/statement.h"
#include "extension/trigger_shape.h"

namespace murmel::extension {

class WideRows {
 public:
  // Greatest ids of the two tables.
  struct Place {
    std::int64_t rows = 0;
    std::int64_t content = 0;
  };

  WideRows(sqlite3* db, const char* schema)
      : schema_(schema), rows_(db, kWideTables[0]), content_(db, kWideTables[1]) {}
  WideRows(const WideRows&) = delete;
  WideRows& operator=(const WideRows&) = delete;

  // Whether the database has the tables; to be asked again when the schema has moved.
  int look(bool* present, Fault& fault) noexcept;
  // Remembers what is there already: rows of others. Only when the tables are present.
  int begin(Fault& fault) noexcept;
  bool others_waiting() const { return others_.rows > 0 || others_.content > 0; }
  // What begin() found, and back to it when a savepoint undid what was taken since.
  Place others() const { return others_; }
  void go_back(Place others) { others_ = others; }
  // Ids are dense, so the greatest ones also tell how many there are.
  std::int64_t count() const { return others_.rows + others_.content; }

  // Appends the rows of others to `out`, and deletes them.
  int take_others(ChangeBuffer& out, Fault& fault) noexcept;
  // The same with this transaction's rows.
  int take_own(ChangeBuffer& out, Fault& fault) noexcept;
  // Deletes this transaction's rows.
  int drop_own(Fault& fault) noexcept;

  // Frees the statements; they are prepared again when needed.
  void finalize();

 private:
  // The statements of one of the tables.
  struct Part {
    Part(sqlite3* connection, const char* table) : db(connection), name(table) {}
    sqlite3* db;
    const char* name;
    Statement last;
    Statement read;
    Statement remove;
  };
  // Ids above `after`, up to `up_to`.
  struct Span {
    std::int64_t after;
    std::int64_t up_to;
  };

  int greatest(Part& part, std::int64_t* id, Fault& fault);
  int take(Part& part, Span span, ChangeBuffer& out, Fault& fault);
  int remove(Part& part, Span span, Fault& fault);

  const char* schema_;  // outlives this
  Place others_;
  Part rows_;
  Part content_;
};

// Appends the rows of others to the log as a record of their own; before the caller's record is begun.
int log_wide_rows_of_others(sqlite3* db, const char* schema, WideRows& wide, Fault& fault) noexcept;

}  // namespace murmel::extension
