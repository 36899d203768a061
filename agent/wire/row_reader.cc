#include "agent/wire/row_reader.h"

#include <algorithm>
#include <bit>
#include <cstring>

namespace murmel::wire {
namespace {

Error bad_row(const char* what) {
  return {ErrorCode::kCorrupt, std::string("row stream: ") + what};
}

// Places of the key columns in key order.
std::vector<std::uint16_t> key_places(const std::vector<Column>& columns) {
  std::vector<std::uint16_t> key;
  for (std::size_t i = 0; i < columns.size(); ++i) {
    if (columns[i].key_ordinal != 0) key.push_back(static_cast<std::uint16_t>(i));
  }
  std::sort(key.begin(), key.end(),
            [&](auto a, auto b) { return columns[a].key_ordinal < columns[b].key_ordinal; });
  return key;
}

// Ordinals of the key must be 1 .. k, each once.
bool is_numbered(const Table& table) {
  for (std::size_t i = 0; i < table.key.size(); ++i) {
    if (table.columns[table.key[i]].key_ordinal != i + 1) return false;
  }
  return true;
}

}  // namespace

inline bool RowReader::read_byte(std::uint8_t& to) {
  if (offset_ == bytes_.size()) return fail("ends early");
  to = bytes_[offset_++];
  return true;
}

inline bool RowReader::read_varint(std::uint64_t& to) {
  to = 0;
  for (int shift = 0; shift < 64; shift += 7) {
    if (offset_ == bytes_.size()) return fail("ends inside a number");
    const std::uint8_t byte = bytes_[offset_++];
    if (shift == 63 && byte > 1) return fail("number too large");
    to |= static_cast<std::uint64_t>(byte & 0x7f) << shift;
    if ((byte & 0x80) == 0) return true;
  }
  return fail("number too large");
}

inline bool RowReader::read_integer(std::size_t width, std::int64_t& to) {
  if (bytes_.size() - offset_ < width) return fail("ends inside a value");
  std::uint64_t bits = 0;
  for (std::size_t i = 0; i < width; ++i) bits |= static_cast<std::uint64_t>(bytes_[offset_ + i]) << (8 * i);
  offset_ += width;
  const int spare = static_cast<int>(64 - 8 * width);
  to = static_cast<std::int64_t>(bits << spare) >> spare;  // sign extension
  return true;
}

inline bool RowReader::read_text(std::string_view& to) {
  std::uint64_t length = 0;
  if (!read_varint(length)) return false;
  if (length > bytes_.size() - offset_) return fail("ends inside a text");
  to = as_text(bytes_.subspan(offset_, length));
  offset_ += length;
  return true;
}

RowReader::RowReader(ByteView payload) : bytes_(payload) {}

std::size_t RowReader::leading_description(ByteView payload) {
  RowReader reader(payload);
  std::uint8_t item = 0;
  if (!reader.read_header() || !reader.read_byte(item)) return 0;
  const std::size_t begin = reader.offset_ - 1;
  const bool renamed = item == row_stream::kRenamedTable;
  if ((item != row_stream::kTable && !renamed) || !reader.read_table(renamed)) return 0;
  return reader.offset_ - begin;
}

Result<RowReader::Item> RowReader::next() {
  if (offset_ == 0 && !read_header()) return bad_row(why_);
  while (offset_ < bytes_.size()) {
    const std::uint8_t item = bytes_[offset_++];
    switch (item) {
      case row_stream::kTable:
      case row_stream::kRenamedTable:
        if (!read_table(item == row_stream::kRenamedTable)) return bad_row(why_);
        break;
      case row_stream::kInsert:
      case row_stream::kUpdate:
      case row_stream::kDelete:
        if (!read_row(static_cast<row_stream::Item>(item))) return bad_row(why_);
        return Item::kRow;
      case row_stream::kSchema:
        if (!read_schema()) return bad_row(why_);
        return Item::kSchema;
      default: return bad_row("unknown item");
    }
  }
  return Item::kEnd;
}

bool RowReader::fail(const char* why) {
  why_ = why;
  return false;
}

bool RowReader::read_header() {
  std::uint8_t version = 0;
  return read_byte(version) && (version == row_stream::kVersion || fail("unknown version"));
}

bool RowReader::read_columns(Table& table) {
  std::uint64_t count = 0;
  if (!read_varint(count)) return false;
  // Each column takes three bytes or more: a count that can't fit is refused before memory is set aside.
  if (count > kColumnsMax || count * 3 > bytes_.size() - offset_) return fail("too many columns");
  table.columns.resize(count);
  for (Column& column : table.columns) {
    std::uint8_t collation = 0;
    if (!read_text(column.name) || !read_byte(column.key_ordinal) || !read_byte(collation)) return false;
    if (collation > row_stream::kOther) return fail("unknown collation");
    column.collation = static_cast<row_stream::Collation>(collation);
  }
  return true;
}

bool RowReader::read_table(bool renamed) {
  auto table = std::make_unique<Table>();
  std::uint64_t index = 0;
  if (!read_varint(index) || !read_text(table->name) || !read_byte(table->flags)) return false;
  if (!read_columns(*table)) return false;
  if (table->has(row_stream::kRenamed) != renamed) return fail("a table renamed, or not");
  if (renamed) {
    if (!read_text(table->identity)) return false;
    if (table->identity.empty()) return fail("a table without identity");
  }
  table->key = key_places(table->columns);
  if (!is_numbered(*table)) return fail("key columns are not numbered 1, 2, 3 ...");
  if (table->has(row_stream::kHasKey) != !table->key.empty()) return fail("key flag without key columns");
  if (tables_.size() >= kTablesMax && tables_.count(index) == 0) return fail("too many tables");
  table->serial = ++descriptions_;
  tables_[index] = std::move(table);
  last_table_ = nullptr;
  return true;
}

bool RowReader::read_row(row_stream::Item op) {
  std::uint64_t index = 0;
  if (!read_varint(index)) return false;
  if (last_table_ == nullptr || index != last_index_) {
    const auto found = tables_.find(index);
    if (found == tables_.end()) return fail("row of a table that was not described");
    last_index_ = index;
    last_table_ = found->second.get();
  }
  row_.op = op;
  row_.table = last_table_;
  row_.rowid.reset();
  if (last_table_->has(row_stream::kHasRowid) && !read_integer(8, row_.rowid.emplace())) return false;
  const std::size_t columns = last_table_->columns.size();
  before_.clear();
  after_.clear();
  if (op != row_stream::kInsert && !read_image(columns, before_, false)) return false;
  if (op != row_stream::kDelete && !read_image(columns, after_, op == row_stream::kUpdate)) return false;
  row_.before = before_;
  row_.after = after_;
  return true;
}

bool RowReader::read_image(std::size_t columns, std::vector<Value>& image, bool may_be_same) {
  if (columns > bytes_.size() - offset_) return fail("a row ends early");
  image.resize(columns);
  for (std::size_t i = 0; i < columns; ++i) {
    if (!read_value(image[i], may_be_same)) return false;
    if (image[i].same) {
      image[i] = before_[i];
      image[i].same = true;
    }
  }
  return true;
}

bool RowReader::read_value(Value& value, bool may_be_same) {
  std::uint8_t tag = 0;
  if (!read_byte(tag)) return false;
  std::size_t width = 8;
  switch (tag) {
    case row_stream::kNull: return true;
    case row_stream::kSame:
      if (!may_be_same) return fail("an unchanged value outside an update");
      value.same = true;
      return true;
    case row_stream::kInt8:
    case row_stream::kInt16:
    case row_stream::kInt32: width = std::size_t{1} << (tag - row_stream::kInt8); [[fallthrough]];
    case row_stream::kInt64: value.tag = row_stream::kInt64; return read_integer(width, value.integer);
    case row_stream::kReal: {
      value.tag = row_stream::kReal;
      std::int64_t bits = 0;
      if (!read_integer(8, bits)) return false;
      value.real = std::bit_cast<double>(bits);
      return true;
    }
    case row_stream::kText:
    case row_stream::kBlob: {
      value.tag = static_cast<row_stream::Tag>(tag);
      std::string_view text;
      if (!read_text(text)) return false;
      value.bytes = as_bytes(text);
      return true;
    }
    default: return fail("unknown value tag");
  }
}

bool RowReader::read_schema() {
  std::uint8_t op = 0;
  if (!read_byte(op)) return false;
  if (op < row_stream::kCreate || op > row_stream::kRename) return fail("unknown schema operation");
  schema_.op = static_cast<row_stream::SchemaOp>(op);
  for (std::string_view* text :
       {&schema_.type, &schema_.name, &schema_.table, &schema_.old_sql, &schema_.new_sql}) {
    if (!read_text(*text)) return false;
  }
  return true;
}

}  // namespace murmel::wire
