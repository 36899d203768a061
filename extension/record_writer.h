// Row stream encoding, straight into a ChangeBuffer. One call per value; a row is
//   begin_row(kInsert | kUpdate | kDelete ...), then the values in column order, then end_row().
// Values come from the preupdate hook (sqlite3_value), from a statement's row, or from the caller.
// After a failure (memory, disk, row too long) the calls do nothing more and end_row() says the reason.
// The calls per value of a hook's row are inline: in a bulk load they are what capturing costs.
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

  // The same for a whole row image, without going through memory between two values:
  //   at = begin_values(n); at most n times at = write_...(at, ...); end_values(at);
  // `at` is nullptr after a failure and may be passed on.
  std::uint8_t* begin_values(std::size_t n) {
    reserve_ = n * kShortValue;
    return room(reserve_);
  }
  std::uint8_t* write_value(std::uint8_t* at, sqlite3_value* value, bool real, bool utf8);
  std::uint8_t* write_changed(std::uint8_t* at, sqlite3_value* value, bool real, bool utf8,
                              std::size_t before);
  std::uint8_t* write_integer_value(std::uint8_t* at, std::int64_t value) {
    return at == nullptr ? nullptr : write_integer(at, value);
  }
  std::uint8_t* write_same(std::uint8_t* at) {
    if (at != nullptr) *at++ = row_stream::kSame;
    return at;
  }
  std::size_t place(const std::uint8_t* at) const { return buffer_.offset_in_item(at); }
  void end_values(std::uint8_t* at) {
    if (at != nullptr) buffer_.written(at);
  }
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
  std::uint8_t* write_bytes(std::uint8_t* at, row_stream::Tag tag, const void* data, std::size_t n);
  std::uint8_t* write_changed_bytes(std::uint8_t* at, row_stream::Tag tag, const void* data, std::size_t n,
                                    std::size_t before);
  void put_string(const char* text);
  std::uint8_t* room(std::size_t n) {
    std::uint8_t* at = buffer_.room(n);
    if (__builtin_expect(at == nullptr, 0)) no_room();
    return at;
  }
  void no_room();
  int fail_row(Fault& fault);

  static bool same_number(const std::uint8_t* a, const std::uint8_t* b, std::size_t size);
  // Both write up to kShortValue bytes, of which those up to the place returned count.
  static std::uint8_t* write_integer(std::uint8_t* at, std::int64_t value);
  static std::uint8_t* write_real(std::uint8_t* at, double value) {
    *at = row_stream::kReal;
    return write_number(at + 1, value);
  }
  // Stored bytes of a text: as they are, or converted if the database is not UTF-8.
  static const void* text_of(sqlite3_value* value, bool utf8) {
    // sqlite3_value_blob() gives the stored bytes; sqlite3_value_text() would copy them to add a zero.
    return utf8 ? sqlite3_value_blob(value) : sqlite3_value_text(value);
  }

  // Room for a tag and a number, or a tag and a length.
  static constexpr std::size_t kShortValue = 1 + kVarintMax;

  ChangeBuffer& buffer_;
  std::size_t reserve_ = 0;  // room that is kept behind a long value for the values after it
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

// Without branches on the size: which one it is can't be predicted.
inline std::uint8_t* RecordWriter::write_integer(std::uint8_t* at, std::int64_t value) {
  const auto bits = static_cast<std::uint64_t>(value ^ (value >> 63));  // the sign's copies folded away
  const unsigned width = unsigned{bits > INT8_MAX} + unsigned{bits > INT16_MAX} + unsigned{bits > INT32_MAX};
  *at = static_cast<std::uint8_t>(row_stream::kInt8 + width);
  write_number(at + 1, value);
  return at + 1 + (std::size_t{1} << width);
}

inline void RecordWriter::put_integer(std::int64_t value) {
  std::uint8_t* at = room(kShortValue);
  if (at != nullptr) buffer_.written(write_integer(at, value));
}

inline void RecordWriter::put_real(double value) {
  std::uint8_t* at = room(kShortValue);
  if (at != nullptr) buffer_.written(write_real(at, value));
}

inline void RecordWriter::put_bytes(row_stream::Tag tag, const void* data, std::size_t n) {
  end_values(write_bytes(begin_values(1), tag, data, n));
}

[[gnu::always_inline]] inline std::uint8_t* RecordWriter::write_bytes(std::uint8_t* at, row_stream::Tag tag,
                                                                      const void* data, std::size_t n) {
  if (__builtin_expect(at == nullptr, 0)) return nullptr;
  if (buffer_.room_at(at) < n + reserve_) {
    buffer_.written(at);
    at = room(n + reserve_);
    if (at == nullptr) return nullptr;
  }
  *at = tag;
  at = write_varint(at + 1, n);
  if (n > 0) std::memcpy(at, data, n);
  return at + n;
}

[[gnu::always_inline]] inline std::uint8_t* RecordWriter::write_value(std::uint8_t* at, sqlite3_value* value,
                                                                      bool real, bool utf8) {
  if (__builtin_expect(at == nullptr, 0)) return nullptr;
  switch (sqlite3_value_type(value)) {
    case SQLITE_INTEGER: {
      const std::int64_t integer = sqlite3_value_int64(value);
      return real ? write_real(at, static_cast<double>(integer)) : write_integer(at, integer);
    }
    case SQLITE_FLOAT: return write_real(at, sqlite3_value_double(value));
    case SQLITE_TEXT: {
      const void* data = text_of(value, utf8);
      return write_bytes(at, row_stream::kText, data, static_cast<std::size_t>(sqlite3_value_bytes(value)));
    }
    case SQLITE_BLOB: {
      const void* data = sqlite3_value_blob(value);
      return write_bytes(at, row_stream::kBlob, data, static_cast<std::size_t>(sqlite3_value_bytes(value)));
    }
    default: *at = row_stream::kNull; return at + 1;
  }
}

// Whether two encoded numbers or NULLs, `b` of `size` bytes, are the same. Both have kShortValue readable
// bytes.
inline bool RecordWriter::same_number(const std::uint8_t* a, const std::uint8_t* b, std::size_t size) {
  if (*a != *b) return false;
  if (size == 1) return true;
  std::uint64_t left = 0;
  std::uint64_t right = 0;
  std::memcpy(&left, a + 1, sizeof left);
  std::memcpy(&right, b + 1, sizeof right);
  const std::size_t behind = 1 + sizeof left - size;  // bytes of the eight that are not of the number
  return ((left ^ right) << (8 * behind)) == 0;
}

// Compared before it is copied: an unchanged value may be large.
[[gnu::always_inline]] inline std::uint8_t* RecordWriter::write_changed_bytes(std::uint8_t* at,
                                                                              row_stream::Tag tag,
                                                                              const void* data, std::size_t n,
                                                                              std::size_t before) {
  // The head is written where the value would stand, and again with the value if that is another one.
  *at = tag;
  const auto head = static_cast<std::size_t>(write_varint(at + 1, n) - at);
  const std::uint8_t* old = buffer_.item_at(before);
  std::size_t same = 0;
  while (same < head && old[same] == at[same]) same++;
  if (same < head || (n > 0 && std::memcmp(data, old + head, n) != 0)) return write_bytes(at, tag, data, n);
  *at = row_stream::kSame;
  return at + 1;
}

// Numbers are written and then taken back if they are the same: as their tag fixes their length, comparing as
// many bytes as were written is enough.
[[gnu::always_inline]] inline std::uint8_t* RecordWriter::write_changed(std::uint8_t* at,
                                                                        sqlite3_value* value, bool real,
                                                                        bool utf8, std::size_t before) {
  if (at == nullptr) return nullptr;
  const int type = sqlite3_value_type(value);
  if (type == SQLITE_TEXT) {
    const void* data = text_of(value, utf8);
    const auto n = static_cast<std::size_t>(sqlite3_value_bytes(value));
    return write_changed_bytes(at, row_stream::kText, data, n, before);
  }
  if (type == SQLITE_BLOB) {
    const void* data = sqlite3_value_blob(value);
    const auto n = static_cast<std::size_t>(sqlite3_value_bytes(value));
    return write_changed_bytes(at, row_stream::kBlob, data, n, before);
  }
  std::uint8_t* end = at + 1;
  if (type == SQLITE_FLOAT) {
    end = write_real(at, sqlite3_value_double(value));
  } else if (type == SQLITE_INTEGER) {
    const std::int64_t integer = sqlite3_value_int64(value);
    end = real ? write_real(at, static_cast<double>(integer)) : write_integer(at, integer);
  } else {
    *at = row_stream::kNull;
  }
  if (!same_number(buffer_.item_at(before), at, static_cast<std::size_t>(end - at))) return end;
  *at = row_stream::kSame;
  return at + 1;
}

}  // namespace murmel::extension
