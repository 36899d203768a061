#include "extension/record_writer.h"

namespace murmel::extension {

using row_stream::Tag;

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

// Numbers are written and then taken back if they are the same: as their tag fixes their length, comparing as
// many bytes as were written is enough.
void RecordWriter::put_changed(sqlite3_value* value, bool real, bool utf8, std::size_t before) {
  const int type = sqlite3_value_type(value);
  if (type == SQLITE_TEXT) {
    const void* data = text_of(value, utf8);
    return put_changed_bytes(row_stream::kText, data, static_cast<std::size_t>(sqlite3_value_bytes(value)),
                             before);
  }
  if (type == SQLITE_BLOB) {
    const void* data = sqlite3_value_blob(value);
    return put_changed_bytes(row_stream::kBlob, data, static_cast<std::size_t>(sqlite3_value_bytes(value)),
                             before);
  }
  constexpr std::size_t kNumberMax = 1 + sizeof(std::int64_t);
  std::uint8_t* at = room(kNumberMax);
  if (at == nullptr) return;
  std::uint8_t* end = at;
  if (type == SQLITE_FLOAT || (type == SQLITE_INTEGER && real)) {
    const double number =
        type == SQLITE_FLOAT ? sqlite3_value_double(value) : static_cast<double>(sqlite3_value_int64(value));
    *at = row_stream::kReal;
    end = write_number(at + 1, number);
  } else if (type == SQLITE_INTEGER) {
    end = write_integer(at, sqlite3_value_int64(value));
  } else {
    *end++ = row_stream::kNull;
  }
  if (std::memcmp(at, buffer_.item_at(before), static_cast<std::size_t>(end - at)) == 0) {
    *at = row_stream::kSame;
    end = at + 1;
  }
  buffer_.written(end);
}

// Compared before it is copied: an unchanged value may be large.
void RecordWriter::put_changed_bytes(Tag tag, const void* data, std::size_t n, std::size_t before) {
  std::uint8_t head[1 + kVarintMax];
  head[0] = tag;
  const auto head_size = static_cast<std::size_t>(write_varint(head + 1, n) - head);
  const std::uint8_t* old = buffer_.item_at(before);
  const bool same =
      std::memcmp(head, old, head_size) == 0 && (n == 0 || std::memcmp(data, old + head_size, n) == 0);
  if (same) return put_same();
  put_bytes(tag, data, n);
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
