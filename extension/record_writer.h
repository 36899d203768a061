// Row stream encoding, straight into a ChangeBuffer. One call per value; a row is
//   begin_row(kInsert | kUpdate | kDelete ...), then the values in column order, then end_row().
// Values come from the preupdate hook (sqlite3_value), from a statement's row, or from the caller.
// After a failure (memory, disk, row too long) the calls do nothing more and end_row() says the reason.
// Not thread-safe; belongs to one connection.
#pragma once

#include "extension/change_buffer.h"
#include "schemas/row_stream.h"

namespace murmel::extension {

class RecordWriter {
 public:
  explicit RecordWriter(ChangeBuffer& buffer) : buffer_(buffer) {}

  // `rowid` is written only for tables that carry one (row_stream::kHasRowid).
  void begin_row(row_stream::Item item, TableInfo& table, std::int64_t rowid);
  void put_null() { put_tag(row_stream::kNull); }
  void put_same() { put_tag(row_stream::kSame); }
  void put_integer(std::int64_t value);
  void put_real(double value);
  void put_text(const void* data, std::size_t n) { put_bytes(row_stream::kText, data, n); }
  void put_blob(const void* data, std::size_t n) { put_bytes(row_stream::kBlob, data, n); }
  // Value of any type. `real`: REAL affinity, so an integer is written as a real number. `utf8`: the
  // database's encoding is UTF-8, so text needs no conversion and is taken without a copy.
  void put_value(sqlite3_value* value, bool real, bool utf8);
  // 'S' item, a whole item of its own. nullptr texts are written as empty.
  int put_schema(row_stream::SchemaOp op, const char* type, const char* name, const char* table,
                 const char* old_sql, const char* new_sql, Fault& fault);
  // Ends the row: SQLITE_OK, or the reason why it could not be written (the row is dropped then).
  int end_row(Fault& fault);
  // Drops the row begun last.
  void drop_row() { buffer_.drop_item(); }

 private:
  void put_tag(row_stream::Tag tag);
  void put_bytes(row_stream::Tag tag, const void* data, std::size_t n);
  void put_string(const char* text);
  std::uint8_t* room(std::size_t n);

  ChangeBuffer& buffer_;
  Fault fault_;
};

}  // namespace murmel::extension
