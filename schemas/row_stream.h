// Row stream: the payload of a log record. Written by the extension at memory speed, read by the agent in
// place. schemas/README.md has the format in full and how it evolves; these are its numbers.
//
//   payload = u8 version, item*
//   item    = table | renamed | insert | update | delete | schema
//   table   = 'T', varint index, text name, u8 flags, varint n, n x (text column, u8 key_ordinal, u8
//   collation) insert  = 'I', varint index, [i64 rowid], n values                     new image update  =
//   'U', varint index, [i64 rowid], n values old, n values new   kSame in new: as in old delete  = 'D',
//   varint index, [i64 rowid], n values                     old image schema  = 'S', u8 op, text type, text
//   name, text table, text old_sql, text new_sql   kRename: table = new name value   = u8 tag, then as the
//   tag says; text = varint length, bytes; varint = LEB128; integers little-endian
//
// A table is described before its first row in each payload, so every payload can be read alone. Columns are
// the stored, non-generated ones in table order; key_ordinal is 1-based in the primary key, 0 outside it.
#pragma once

#include <cstdint>

namespace murmel::row_stream {

inline constexpr std::uint8_t kVersion = 1;

enum Item : std::uint8_t {
  kTable = 'T',
  kRenamedTable = 'R',  // and text identity behind the columns
  kInsert = 'I',
  kUpdate = 'U',
  kDelete = 'D',
  kSchema = 'S'
};

enum Tag : std::uint8_t {
  kNull = 0,
  kInt8 = 1,
  kInt16 = 2,
  kInt32 = 3,
  kInt64 = 4,
  kReal = 5,   // IEEE 754 binary64
  kText = 6,   // varint length, bytes as stored (may be invalid UTF-8)
  kBlob = 7,   // varint length, bytes
  kSame = 15,  // only in the new image of an update
};

enum TableFlags : std::uint8_t {
  kHasKey = 1,    // rows are identified by the primary key columns
  kHasRowid = 2,  // each row item carries the rowid (only tables without a key: a hint, not an identity)
  kWithoutRowid = 4,
  kShadowContent = 8,  // content table of a full-text index; rows stand for rows of the virtual table
  kRenamed = 16,       // said in an 'R' item: the table's identity is not its name
};

enum Collation : std::uint8_t { kBinary = 0, kNocase = 1, kRtrim = 2, kOther = 3 };

enum SchemaOp : std::uint8_t { kCreate = 1, kDrop = 2, kChange = 3, kRename = 4 };

// Limits. A record is closed at the first row past kRecordBytes; one row image may not exceed kRowBytesMax.
inline constexpr std::int64_t kRecordBytes = 1 << 20;
inline constexpr std::int64_t kRowBytesMax = 128 << 20;

}  // namespace murmel::row_stream
