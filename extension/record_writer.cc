#include "extension/record_writer.h"

namespace murmel::extension {

void RecordWriter::no_room() {
  fault_.fail(SQLITE_TOOBIG, "out of memory, or a row is longer than %lld MiB",
              static_cast<long long>(row_stream::kRowBytesMax >> 20));
}

int RecordWriter::fail_row(Fault& fault) {
  buffer_.drop_item();
  fault = fault_;
  fault_.clear();
  return fault.code;
}

void RecordWriter::put_value(sqlite3_value* value, bool real, bool utf8) {
  end_values(write_value(begin_values(1), value, real, utf8));
}

void RecordWriter::put_changed(sqlite3_value* value, bool real, bool utf8, std::size_t before) {
  end_values(write_changed(begin_values(1), value, real, utf8, before));
}

void RecordWriter::put_string(const char* text) {
  const std::size_t n = text == nullptr ? 0 : std::strlen(text);
  std::uint8_t* at = room(kVarintMax + n);
  if (at == nullptr) return;
  at = write_varint(at, n);
  // NOLINTNEXTLINE(bugprone-not-null-terminated-result): the length is written before it
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

}  // namespace murmel::extension
