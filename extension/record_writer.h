// Row stream encoding, straight into a ChangeBuffer. One call per value; a row is
//   begin_row(kInsert | kUpdate | kDelete ...), then the values in column order, then end_row().
// Values come from the preupdate hook (sqlite3_value), from a statement's row, or from the caller.
// After a failure (memory, disk, row too long) the calls do nothing more and end_row() says the reason.
// The calls per value are inline: in a bulk load they are what capturing costs.
// Not thread-safe; belongs to one connection.
#pragma once

#include "extension/change_buffer.h"
#include "extension/varint.h"
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
  // Where the next value of this row will be, for put_changed().
  std::size_t place() const { return buffer_.item_offset(); }
  // As put_value, but kSame if the value at `before` in this row is the same byte for byte.
  void put_changed(sqlite3_value* value, bool real, bool utf8, std::size_t before);
  // 'S' item, a whole item of its own. nullptr texts are written as empty.
  int put_schema(row_stream::SchemaOp op, const char* type, const char* name, const char* table,
                 const char* old_sql, const char* new_sql, Fault& fault);
  // Ends the row: SQLITE_OK, or the reason why it could not be written (the row is dropped then).
  int end_row(Fault& fault) { return fault_.set() ? fail_row(fault) : SQLITE_OK; }
  // Drops the row begun last.
  void drop_row() { buffer_.drop_item(); }

 private:
  void put_tag(row_stream::Tag tag);
  void put_bytes(row_stream::Tag tag, const void* data, std::size_t n);
  void put_changed_bytes(row_stream::Tag tag, const void* data, std::size_t n, std::size_t before);
  void put_string(const char* text);
  std::uint8_t* room(std::size_t n) {
    std::uint8_t* at = buffer_.room(n);
    if (__builtin_expect(at == nullptr, 0)) no_room();
    return at;
  }
  void no_room();
  int fail_row(Fault& fault);

  static std::uint8_t* write_integer(std::uint8_t* at, std::int64_t value);
  // Stored bytes of a text: as they are, or converted if the database is not UTF-8.
  static const void* text_of(sqlite3_value* value, bool utf8) {
    // sqlite3_value_blob() gives the stored bytes; sqlite3_value_text() would copy them to add a zero.
    return utf8 ? sqlite3_value_blob(value) : sqlite3_value_text(value);
  }

  ChangeBuffer& buffer_;
  Fault fault_;
};

inline void RecordWriter::begin_row(row_stream::Item item, TableInfo& table, std::int64_t rowid) {
  if (!buffer_.begin_row(table, fault_)) return;
  std::uint8_t* at = room(1 + kVarintMax + sizeof rowid);
  if (at == nullptr) return;
  *at++ = item;
  at = write_varint(at, table.index);
  if ((table.flags & row_stream::kHasRowid) != 0) at = write_number(at, rowid);
  buffer_.written(at);
}

inline void RecordWriter::put_tag(row_stream::Tag tag) {
  std::uint8_t* at = room(1);
  if (at == nullptr) return;
  *at = tag;
  buffer_.written(at + 1);
}

inline std::uint8_t* RecordWriter::write_integer(std::uint8_t* at, std::int64_t value) {
  if (value == static_cast<std::int8_t>(value)) {
    *at = row_stream::kInt8;
    return write_number(at + 1, static_cast<std::int8_t>(value));
  }
  if (value == static_cast<std::int16_t>(value)) {
    *at = row_stream::kInt16;
    return write_number(at + 1, static_cast<std::int16_t>(value));
  }
  if (value == static_cast<std::int32_t>(value)) {
    *at = row_stream::kInt32;
    return write_number(at + 1, static_cast<std::int32_t>(value));
  }
  *at = row_stream::kInt64;
  return write_number(at + 1, value);
}

inline void RecordWriter::put_integer(std::int64_t value) {
  std::uint8_t* at = room(1 + sizeof value);
  if (at != nullptr) buffer_.written(write_integer(at, value));
}

inline void RecordWriter::put_real(double value) {
  std::uint8_t* at = room(1 + sizeof value);
  if (at == nullptr) return;
  *at = row_stream::kReal;
  buffer_.written(write_number(at + 1, value));
}

inline void RecordWriter::put_bytes(row_stream::Tag tag, const void* data, std::size_t n) {
  std::uint8_t* at = room(1 + kVarintMax + n);
  if (at == nullptr) return;
  *at = tag;
  at = write_varint(at + 1, n);
  if (n > 0) std::memcpy(at, data, n);
  buffer_.written(at + n);
}

inline void RecordWriter::put_value(sqlite3_value* value, bool real, bool utf8) {
  switch (sqlite3_value_type(value)) {
    case SQLITE_INTEGER:
      if (real) return put_real(static_cast<double>(sqlite3_value_int64(value)));
      return put_integer(sqlite3_value_int64(value));
    case SQLITE_FLOAT: return put_real(sqlite3_value_double(value));
    case SQLITE_TEXT: {
      const void* data = text_of(value, utf8);
      return put_text(data, static_cast<std::size_t>(sqlite3_value_bytes(value)));
    }
    case SQLITE_BLOB: {
      const void* data = sqlite3_value_blob(value);
      return put_blob(data, static_cast<std::size_t>(sqlite3_value_bytes(value)));
    }
    default: return put_null();
  }
}

}  // namespace murmel::extension
