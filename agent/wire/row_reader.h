// Reads a row stream (schemas/row_stream.h), the payload of a change set, in place: values point into the
// payload and stay valid as long as it does. Every length, number and tag is checked before use, so that no
// payload, however made, reads outside itself, recurses, or allocates more than a small multiple of its size.
//
//   RowReader reader(payload);
//   for (;;) {
//     TRY_ASSIGN(const RowReader::Item item, reader.next());
//     switch (item) { case kRow: use(reader.row()); ... case kEnd: return; }
//   }
//
// Not for sharing between threads. Errors: kCorrupt, and reading ends there.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "agent/base/bytes.h"
#include "agent/base/result.h"
#include "schemas/row_stream.h"

namespace murmel::wire {

// One SQLite value. `tag` is kNull, kInt64 (any integer width), kReal, kText or kBlob; never kSame.
struct Value {
  row_stream::Tag tag = row_stream::kNull;
  bool same = false;         // new image of an update: as in the old one
  std::int64_t integer = 0;  // kInt64
  double real = 0;           // kReal
  ByteView bytes;            // kText, kBlob: as stored, text may be invalid UTF-8
};

struct Column {
  std::string_view name;
  std::uint8_t key_ordinal = 0;  // 1-based place in the primary key, 0: not part of it
  row_stream::Collation collation = row_stream::kBinary;
};

struct Table {
  std::string_view name;
  std::uint8_t flags = 0;  // row_stream::TableFlags
  std::vector<Column> columns;
  std::vector<std::uint16_t> key;  // places of the key columns in `columns`, in key order; empty: no key
  std::uint64_t serial = 0;        // of the description within its payload: 1, 2, 3 ...
  std::string_view identity;       // if it is not the name, as said in extension/table_identity.h

  bool has(row_stream::TableFlags flag) const { return (flags & flag) != 0; }
};

struct RowChange {
  row_stream::Item op = row_stream::kInsert;  // kInsert, kUpdate or kDelete
  const Table* table = nullptr;
  std::optional<std::int64_t> rowid;  // a hint, only for tables without a key
  std::span<const Value> before;      // empty for an insert; else one per column
  std::span<const Value> after;       // empty for a delete; else the full new image
};

struct SchemaChange {
  row_stream::SchemaOp op = row_stream::kCreate;
  std::string_view type;  // 'table', 'index', 'trigger' or 'view'
  std::string_view name;
  std::string_view table;
  std::string_view old_sql;  // empty: none
  std::string_view new_sql;
};

// What one payload may describe; more is kCorrupt.
inline constexpr std::size_t kTablesMax = 65'536;
inline constexpr std::size_t kColumnsMax = 32'767;  // SQLite's own limit

class RowReader {
 public:
  enum class Item { kRow, kSchema, kEnd };

  explicit RowReader(ByteView payload);

  // Bytes of the table description that a payload begins with, behind its version; 0: it begins otherwise.
  static std::size_t leading_description(ByteView payload);

  // Goes to the next row or schema change. Table descriptions are taken in on the way.
  Result<Item> next();

  // What next() stopped at; valid until the next call.
  const RowChange& row() const { return row_; }
  const SchemaChange& schema() const { return schema_; }
  // Bytes of the payload read so far; after next(), the end of the item it stopped at.
  std::size_t offset() const { return offset_; }

 private:
  // These keep why they fail.
  bool fail(const char* why);
  bool read_header();
  bool read_columns(Table& table);
  bool read_table(bool renamed);
  bool read_row(row_stream::Item op);
  bool read_schema();
  bool read_image(std::size_t columns, std::vector<Value>& image, bool may_be_same);
  bool read_value(Value& value, bool may_be_same);
  bool read_varint(std::uint64_t& to);
  bool read_integer(std::size_t width, std::int64_t& to);
  bool read_text(std::string_view& to);
  bool read_byte(std::uint8_t& to);

  ByteView bytes_;
  std::size_t offset_ = 0;
  const char* why_ = "";
  std::unordered_map<std::uint64_t, std::unique_ptr<Table>> tables_;
  std::uint64_t descriptions_ = 0;
  std::uint64_t last_index_ = 0;
  const Table* last_table_ = nullptr;
  std::vector<Value> before_;
  std::vector<Value> after_;
  RowChange row_;
  SchemaChange schema_;
};

}  // namespace murmel::wire
