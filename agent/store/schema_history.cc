#include "agent/store/schema_history.h"

#include <array>
#include <charconv>

#include "agent/base/hash.h"
#include "agent/store/meta.h"
#include "agent/store/sql.h"
#include "extension/log_schema.h"

namespace murmel::store {
namespace {

constexpr char kFolded[] = "schema_folded";  // "<version> <hash>" of the rows that were removed

Result<bool> has_history(Connection& connection, const char* schema) {
  TRY_ASSIGN(Statement statement,
             connection.prepare(std::string("SELECT 1 FROM ") + schema +
                                ".sqlite_schema WHERE name = '__murmel_schema_history'"));
  return statement.step();
}

std::uint64_t hash_of(NodeId origin, core::Hlc hlc) {
  std::string bytes;
  for (int i = 0; i < 4; ++i) bytes += static_cast<char>(origin >> (8 * i) & 0xff);
  for (int i = 0; i < 8; ++i)
    bytes += static_cast<char>(static_cast<std::uint64_t>(hlc.value) >> (8 * i) & 0xff);
  return hash64(as_bytes(bytes));
}

void count(SchemaHistory& history, const SchemaChangeAt& change) {
  history.version += is_decided_origin(change.position.origin) ? 1 : 0;
  history.hash += hash_of(change.position.origin, change.hlc);
}

Result<SchemaHistory> read_folded(Connection& connection) {
  SchemaHistory history;
  TRY_ASSIGN(const auto text, read_meta(connection, kFolded));
  if (!text) return history;
  const char* end = text->data() + text->size();
  const auto version = std::from_chars(text->data(), end, history.version);
  const auto hash = version.ptr == end ? version : std::from_chars(version.ptr + 1, end, history.hash);
  if (hash.ec != std::errc{} || hash.ptr != end) {
    return Error{ErrorCode::kCorrupt, std::string("setting ") + kFolded + " can't be read: " + *text};
  }
  return history;
}

}  // namespace

Result<bool> has_schema_history(Connection& connection) {
  return has_history(connection, "main");
}

Status create_schema_history(Connection& connection) {
  return connection.execute(log_schema::kCreateSchemaHistory);
}

Status note_schema_change(Connection& connection, NodeId self, const core::ChangeSet& change) {
  TRY_ASSIGN(Statement note, connection.prepare(sql::kNoteSchemaChange));
  note.bind(1, change.origin == self ? std::int64_t{kSelfInLog} : std::int64_t{change.origin});
  note.bind(2, change.hlc.value);
  note.bind(3, change.seq);
  return note.run();
}

Result<SchemaHistory> read_schema_history(Connection& connection, NodeId self) {
  TRY_ASSIGN(SchemaHistory history, read_folded(connection));
  TRY_ASSIGN(Statement read, connection.prepare(sql::kReadSchemaHistory));
  for (;;) {
    TRY_ASSIGN(const bool row, read.step());
    if (!row) return history;
    const std::int64_t origin = read.integer(0);
    history.recent.push_back(
        {{origin == std::int64_t{kSelfInLog} ? self : static_cast<NodeId>(origin), read.integer(2)},
         core::Hlc{read.integer(1)}});
    count(history, history.recent.back());
  }
}

Status fold_schema_history(Connection& connection, NodeId self) {
  TRY_ASSIGN(const SchemaHistory all, read_schema_history(connection, self));
  if (all.recent.size() <= kSchemaHistoryMax) return Ok{};
  TRY_ASSIGN(SchemaHistory folded, read_folded(connection));
  TRY_ASSIGN(Statement forget, connection.prepare(sql::kForgetSchemaChange));
  for (std::size_t i = 0; i + kSchemaHistoryMax / 2 < all.recent.size(); ++i) {
    const SchemaChangeAt& change = all.recent[i];
    count(folded, change);
    forget.bind(
        1, change.position.origin == self ? std::int64_t{kSelfInLog} : std::int64_t{change.position.origin});
    forget.bind(2, change.hlc.value);
    TRY(forget.run());
  }
  return write_meta(connection, kFolded, std::to_string(folded.version) + " " + std::to_string(folded.hash));
}

Status take_over_schema_history(Connection& connection, NodeId donor, NodeId self) {
  TRY(connection.execute("DROP TABLE IF EXISTS main.__murmel_schema_history"));
  TRY(connection.execute(log_schema::kCreateSchemaHistory));
  TRY_ASSIGN(const bool present, has_history(connection, "snapshot"));
  if (!present) return remove_meta(connection, kFolded);
  TRY_ASSIGN(Statement copy, connection.prepare(sql::kTakeOverSchemaHistory));
  copy.bind(1, std::int64_t{donor});
  copy.bind(2, std::int64_t{self});
  TRY(copy.run());
  TRY_ASSIGN(const auto folded, read_meta(connection, kFolded, "snapshot"));
  return folded ? write_meta(connection, kFolded, *folded) : remove_meta(connection, kFolded);
}

}  // namespace murmel::store
