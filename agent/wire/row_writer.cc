#include "agent/wire/row_writer.h"

#include <bit>

namespace murmel::wire {
namespace {

row_stream::Tag narrowest(std::int64_t integer) {
  if (integer >= INT8_MIN && integer <= INT8_MAX) return row_stream::kInt8;
  if (integer >= INT16_MIN && integer <= INT16_MAX) return row_stream::kInt16;
  if (integer >= INT32_MIN && integer <= INT32_MAX) return row_stream::kInt32;
  return row_stream::kInt64;
}

}  // namespace

Value null_value() {
  return {};
}

Value integer_value(std::int64_t integer) {
  Value value;
  value.tag = row_stream::kInt64;
  value.integer = integer;
  return value;
}

Value real_value(double real) {
  Value value;
  value.tag = row_stream::kReal;
  value.real = real;
  return value;
}

Value text_value(std::string_view text) {
  Value value;
  value.tag = row_stream::kText;
  value.bytes = as_bytes(text);
  return value;
}

Value blob_value(ByteView bytes) {
  Value value;
  value.tag = row_stream::kBlob;
  value.bytes = bytes;
  return value;
}

RowWriter::RowWriter() {
  bytes_.push_back(static_cast<char>(row_stream::kVersion));
}

std::uint64_t RowWriter::table(const Table& table) {
  const std::uint64_t index = with_rowid_.size();
  with_rowid_.push_back(table.has(row_stream::kHasRowid) ? 1 : 0);
  const bool renamed = !table.identity.empty();
  bytes_.push_back(static_cast<char>(renamed ? row_stream::kRenamedTable : row_stream::kTable));
  varint(index);
  text(table.name);
  bytes_.push_back(
      static_cast<char>(renamed ? table.flags | row_stream::kRenamed : table.flags & ~row_stream::kRenamed));
  varint(table.columns.size());
  for (const Column& column : table.columns) {
    text(column.name);
    bytes_.push_back(static_cast<char>(column.key_ordinal));
    bytes_.push_back(static_cast<char>(column.collation));
  }
  if (renamed) text(table.identity);
  return index;
}

void RowWriter::insert(std::uint64_t index, std::span<const Value> after, std::optional<std::int64_t> rowid) {
  row_head(row_stream::kInsert, index, rowid);
  image(after);
}

void RowWriter::update(std::uint64_t index, std::span<const Value> before, std::span<const Value> after,
                       std::optional<std::int64_t> rowid) {
  row_head(row_stream::kUpdate, index, rowid);
  image(before);
  new_image(after);
}

void RowWriter::remove(std::uint64_t index, std::span<const Value> before,
                       std::optional<std::int64_t> rowid) {
  row_head(row_stream::kDelete, index, rowid);
  image(before);
}

void RowWriter::schema(const SchemaChange& change) {
  bytes_.push_back(static_cast<char>(row_stream::kSchema));
  bytes_.push_back(static_cast<char>(change.op));
  for (const std::string_view part :
       {change.type, change.name, change.table, change.old_sql, change.new_sql}) {
    text(part);
  }
}

std::string RowWriter::take() {
  std::string done = std::move(bytes_);
  *this = RowWriter();
  return done;
}

void RowWriter::row_head(row_stream::Item op, std::uint64_t index, std::optional<std::int64_t> rowid) {
  INVARIANT(index < with_rowid_.size());
  bytes_.push_back(static_cast<char>(op));
  varint(index);
  if (with_rowid_[index] != 0) integer(static_cast<std::uint64_t>(rowid.value_or(0)), 8);
}

void RowWriter::image(std::span<const Value> values) {
  for (const Value& one : values) value(one);
}

void RowWriter::new_image(std::span<const Value> values) {
  for (const Value& one : values) {
    if (one.same) {
      bytes_.push_back(static_cast<char>(row_stream::kSame));
    } else {
      value(one);
    }
  }
}

void RowWriter::value(const Value& value) {
  row_stream::Tag tag = value.tag;
  if (tag == row_stream::kInt64) tag = narrowest(value.integer);
  bytes_.push_back(static_cast<char>(tag));
  switch (tag) {
    case row_stream::kNull:
    case row_stream::kSame: return;
    case row_stream::kInt8:
    case row_stream::kInt16:
    case row_stream::kInt32:
    case row_stream::kInt64:
      return integer(static_cast<std::uint64_t>(value.integer), std::size_t{1} << (tag - row_stream::kInt8));
    case row_stream::kReal: return integer(std::bit_cast<std::uint64_t>(value.real), 8);
    case row_stream::kText:
    case row_stream::kBlob: return text(as_text(value.bytes));
  }
}

void RowWriter::varint(std::uint64_t number) {
  for (; number >= 0x80; number >>= 7) bytes_.push_back(static_cast<char>((number & 0x7f) | 0x80));
  bytes_.push_back(static_cast<char>(number));
}

void RowWriter::integer(std::uint64_t number, std::size_t width) {
  for (std::size_t i = 0; i < width; ++i) bytes_.push_back(static_cast<char>(number >> (8 * i) & 0xff));
}

void RowWriter::text(std::string_view text) {
  varint(text.size());
  bytes_.append(text);
}

}  // namespace murmel::wire
