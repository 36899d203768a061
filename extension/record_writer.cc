#include "extension/record_writer.h"

#include "extension/varint.h"

namespace murmel::extension {

using row_stream::Tag;

std::uint8_t* RecordWriter::room(std::size_t n) {
  std::uint8_t* at = buffer_.room(n);
  if (at == nullptr && !fault_.set()) {
    fault_.fail(SQLITE_TOOBIG, "out of memory, or a row is longer than %lld MiB",
                static_cast<long long>(row_stream::kRowBytesMax >> 20));
  }
  return at;
}

void RecordWriter::begin_row(row_stream::Item item, TableInfo& table, std::int64_t rowid) {
  if (!buffer_.begin_row(table, fault_)) return;
  std::uint8_t* at = room(1 + kVarintMax + sizeof rowid);
  if (at == nullptr) return;
  *at++ = item;
  at = write_varint(at, table.index);
  if ((table.flags & row_stream::kHasRowid) != 0) at = write_number(at, rowid);
  buffer_.written(at);
}

void RecordWriter::put_tag(Tag tag) {
  std::uint8_t* at = room(1);
  if (at == nullptr) return;
  *at = tag;
  buffer_.written(at + 1);
}

void RecordWriter::put_integer(std::int64_t value) {
  std::uint8_t* at = room(1 + sizeof value);
  if (at == nullptr) return;
  if (value == static_cast<std::int8_t>(value)) {
    *at = row_stream::kInt8;
    at = write_number(at + 1, static_cast<std::int8_t>(value));
  } else if (value == static_cast<std::int16_t>(value)) {
    *at = row_stream::kInt16;
    at = write_number(at + 1, static_cast<std::int16_t>(value));
  } else if (value == static_cast<std::int32_t>(value)) {
    *at = row_stream::kInt32;
    at = write_number(at + 1, static_cast<std::int32_t>(value));
  } else {
    *at = row_stream::kInt64;
    at = write_number(at + 1, value);
  }
  buffer_.written(at);
}

void RecordWriter::put_real(double value) {
  std::uint8_t* at = room(1 + sizeof value);
  if (at == nullptr) return;
  *at = row_stream::kReal;
  buffer_.written(write_number(at + 1, value));
}

void RecordWriter::put_bytes(Tag tag, const void* data, std::size_t n) {
  std::uint8_t* at = room(1 + kVarintMax + n);
  if (at == nullptr) return;
  *at = tag;
  at = write_varint(at + 1, n);
  if (n > 0) std::memcpy(at, data, n);
  buffer_.written(at + n);
}

void RecordWriter::put_value(sqlite3_value* value, bool real, bool utf8) {
  switch (sqlite3_value_type(value)) {
    case SQLITE_INTEGER:
      if (real) return put_real(static_cast<double>(sqlite3_value_int64(value)));
      return put_integer(sqlite3_value_int64(value));
    case SQLITE_FLOAT: return put_real(sqlite3_value_double(value));
    case SQLITE_TEXT: {
      // sqlite3_value_blob() gives the stored bytes; sqlite3_value_text() would copy them to add a zero.
      const void* data = utf8 ? sqlite3_value_blob(value) : sqlite3_value_text(value);
      return put_text(data, static_cast<std::size_t>(sqlite3_value_bytes(value)));
    }
    case SQLITE_BLOB: {
      const void* data = sqlite3_value_blob(value);
      return put_blob(data, static_cast<std::size_t>(sqlite3_value_bytes(value)));
    }
    default: return put_null();
  }
}

void RecordWriter::put_string(const char* text) {
  const std::size_t n = text == nullptr ? 0 : std::strlen(text);
  std::uint8_t* at = room(kVarintMax + n);
  if (at == nullptr) return;
  at = write_varint(at, n);
  if (n > 0) std::memcpy(at, text, n);
  buffer_.written(at + n);
}

int RecordWriter::put_schema(row_stream::SchemaOp op, const char* type, const char* name, const char* table,
                             const char* old_sql, const char* new_sql, Fault& fault) {
  if (!buffer_.begin_item(fault)) return fault.code;
  std::uint8_t* at = room(2);
  if (at != nullptr) {
    at[0] = row_stream::kSchema;
    at[1] = op;
    buffer_.written(at + 2);
  }
  put_string(type);
  put_string(name);
  put_string(table);
  put_string(old_sql);
  put_string(new_sql);
  return end_row(fault);
}

int RecordWriter::end_row(Fault& fault) {
  if (!fault_.set()) return SQLITE_OK;
  buffer_.drop_item();
  fault = fault_;
  fault_.clear();
  return fault.code;
}

}  // namespace murmel::extension
