#include "agent/wire/row_reader.h"

#include <algorithm>
#include <bit>
#include <cstring>

namespace murmel::wire {
namespace {

Error bad_row(const char* what) {
  return {ErrorCode::kCorrupt, std::string("row stream: ") + what};
}

// Places of the key columns in key order. Ordinals must be 1 .. k, each once.
Result<std::vector<std::uint16_t>> key_places(const std::vector<Column>& columns) {
  std::vector<std::uint16_t> key;
  for (std::size_t i = 0; i < columns.size(); ++i) {
    if (columns[i].key_ordinal != 0) key.push_back(static_cast<std::uint16_t>(i));
  }
  std::sort(key.begin(), key.end(),
            [&](auto a, auto b) { return columns[a].key_ordinal < columns[b].key_ordinal; });
  for (std::size_t i = 0; i < key.size(); ++i) {
    if (columns[key[i]].key_ordinal != i + 1) return bad_row("key columns are not numbered 1, 2, 3 ...");
  }
  return key;
}

}  // namespace

RowReader::RowReader(ByteView payload) : bytes_(payload) {}

Result<RowReader::Item> RowReader::next() {
  if (offset_ == 0) TRY(read_header());
  while (offset_ < bytes_.size()) {
    const std::uint8_t item = bytes_[offset_++];
    switch (item) {
      case row_stream::kTable:
      case row_stream::kRenamedTable: TRY(read_table(item == row_stream::kRenamedTable)); break;
      case row_stream::kInsert:
      case row_stream::kUpdate:
      case row_stream::kDelete: TRY(read_row(static_cast<row_stream::Item>(item))); return Item::kRow;
      case row_stream::kSchema: TRY(read_schema()); return Item::kSchema;
      default: return bad_row("unknown item");
    }
  }
  return Item::kEnd;
}

Status RowReader::read_header() {
  TRY_ASSIGN(const std::uint8_t version, read_byte());
  if (version != row_stream::kVersion) return bad_row("unknown version");
  return Ok{};
}

Status RowReader::read_table(bool renamed) {
  auto table = std::make_unique<Table>();
  TRY_ASSIGN(const std::uint64_t index, read_varint());
  TRY_ASSIGN(table->name, read_text());
  TRY_ASSIGN(table->flags, read_byte());
  TRY_ASSIGN(const std::uint64_t count, read_varint());
  // Each column takes three bytes or more: a count that can't fit is refused before memory is set aside.
  if (count > kColumnsMax || count * 3 > bytes_.size() - offset_) return bad_row("too many columns");
  table->columns.resize(count);
  for (Column& column : table->columns) {
    TRY_ASSIGN(column.name, read_text());
    TRY_ASSIGN(column.key_ordinal, read_byte());
    TRY_ASSIGN(const std::uint8_t collation, read_byte());
    if (collation > row_stream::kOther) return bad_row("unknown collation");
    column.collation = static_cast<row_stream::Collation>(collation);
  }
  if (table->has(row_stream::kRenamed) != renamed) return bad_row("a table renamed, or not");
  if (renamed) {
    TRY_ASSIGN(table->identity, read_text());
    if (table->identity.empty()) return bad_row("a table without identity");
  }
  TRY_ASSIGN(table->key, key_places(table->columns));
  if (table->has(row_stream::kHasKey) != !table->key.empty()) return bad_row("key flag without key columns");
  if (tables_.size() >= kTablesMax && tables_.count(index) == 0) return bad_row("too many tables");
  table->serial = ++descriptions_;
  tables_[index] = std::move(table);
  last_table_ = nullptr;
  return Ok{};
}

Status RowReader::read_row(row_stream::Item op) {
  TRY_ASSIGN(const std::uint64_t index, read_varint());
  if (last_table_ == nullptr || index != last_index_) {
    const auto found = tables_.find(index);
    if (found == tables_.end()) return bad_row("row of a table that was not described");
    last_index_ = index;
    last_table_ = found->second.get();
  }
  row_.op = op;
  row_.table = last_table_;
  row_.rowid.reset();
  if (last_table_->has(row_stream::kHasRowid)) {
    TRY_ASSIGN(row_.rowid, read_integer(8));
  }
  const std::size_t columns = last_table_->columns.size();
  before_.clear();
  after_.clear();
  if (op != row_stream::kInsert) TRY(read_image(columns, before_, false));
  if (op != row_stream::kDelete) TRY(read_image(columns, after_, op == row_stream::kUpdate));
  row_.before = before_;
  row_.after = after_;
  return Ok{};
}

Status RowReader::read_image(std::size_t columns, std::vector<Value>& image, bool may_be_same) {
  if (columns > bytes_.size() - offset_) return bad_row("a row ends early");
  image.resize(columns);
  for (std::size_t i = 0; i < columns; ++i) {
    TRY(read_value(image[i], may_be_same));
    if (image[i].same) {
      image[i] = before_[i];
      image[i].same = true;
    }
  }
  return Ok{};
}

Status RowReader::read_value(Value& value, bool may_be_same) {
  value = Value{};
  TRY_ASSIGN(const std::uint8_t tag, read_byte());
  std::size_t width = 8;
  switch (tag) {
    case row_stream::kNull: return Ok{};
    case row_stream::kSame:
      if (!may_be_same) return bad_row("an unchanged value outside an update");
      value.same = true;
      return Ok{};
    case row_stream::kInt8:
    case row_stream::kInt16:
    case row_stream::kInt32: width = std::size_t{1} << (tag - row_stream::kInt8); [[fallthrough]];
    case row_stream::kInt64: {
      value.tag = row_stream::kInt64;
      TRY_ASSIGN(value.integer, read_integer(width));
      return Ok{};
    }
    case row_stream::kReal: {
      value.tag = row_stream::kReal;
      TRY_ASSIGN(const std::int64_t bits, read_integer(8));
      value.real = std::bit_cast<double>(bits);
      return Ok{};
    }
    case row_stream::kText:
    case row_stream::kBlob: {
      value.tag = static_cast<row_stream::Tag>(tag);
      TRY_ASSIGN(const std::string_view text, read_text());
      value.bytes = as_bytes(text);
      return Ok{};
    }
    default: return bad_row("unknown value tag");
  }
}

Status RowReader::read_schema() {
  TRY_ASSIGN(const std::uint8_t op, read_byte());
  if (op < row_stream::kCreate || op > row_stream::kRename) return bad_row("unknown schema operation");
  schema_.op = static_cast<row_stream::SchemaOp>(op);
  for (std::string_view* text :
       {&schema_.type, &schema_.name, &schema_.table, &schema_.old_sql, &schema_.new_sql}) {
    TRY_ASSIGN(*text, read_text());
  }
  return Ok{};
}

Result<std::uint64_t> RowReader::read_varint() {
  std::uint64_t number = 0;
  for (int shift = 0; shift < 64; shift += 7) {
    if (offset_ == bytes_.size()) return bad_row("ends inside a number");
    const std::uint8_t byte = bytes_[offset_++];
    if (shift == 63 && byte > 1) return bad_row("number too large");
    number |= static_cast<std::uint64_t>(byte & 0x7f) << shift;
    if ((byte & 0x80) == 0) return number;
  }
  return bad_row("number too large");
}

Result<std::int64_t> RowReader::read_integer(std::size_t width) {
  if (bytes_.size() - offset_ < width) return bad_row("ends inside a value");
  std::uint64_t bits = 0;
  for (std::size_t i = 0; i < width; ++i) bits |= static_cast<std::uint64_t>(bytes_[offset_ + i]) << (8 * i);
  offset_ += width;
  const int spare = static_cast<int>(64 - 8 * width);
  return static_cast<std::int64_t>(bits << spare) >> spare;  // sign extension
}

Result<std::string_view> RowReader::read_text() {
  TRY_ASSIGN(const std::uint64_t length, read_varint());
  if (length > bytes_.size() - offset_) return bad_row("ends inside a text");
  const ByteView part = bytes_.subspan(offset_, length);
  offset_ += length;
  return as_text(part);
}

Result<std::uint8_t> RowReader::read_byte() {
  if (offset_ == bytes_.size()) return bad_row("ends early");
  return bytes_[offset_++];
}

}  // namespace murmel::wire
