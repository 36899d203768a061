#include "agent/store/kept_versions.h"

#include <fmt/format.h>

#include <string>
#include <string_view>

#include "agent/store/capture.h"
#include "agent/store/sql.h"

namespace murmel::store {
namespace {

std::string key_bytes(const core::RowKey& key) {
  std::string bytes(16, '\0');
  for (std::size_t i = 0; i < 8; ++i) {
    bytes[i] = static_cast<char>(key.low >> (8 * i) & 0xff);
    bytes[8 + i] = static_cast<char>(key.high >> (8 * i) & 0xff);
  }
  return bytes;
}

core::RowKey key_from(ByteView bytes) {
  core::RowKey key;
  if (bytes.size() != 16) return key;
  for (std::size_t i = 0; i < 8; ++i) {
    key.low |= std::uint64_t{bytes[i]} << (8 * i);
    key.high |= std::uint64_t{bytes[8 + i]} << (8 * i);
  }
  return key;
}

Result<bool> has_table(Connection& connection, std::string_view schema, std::string_view name) {
  TRY_ASSIGN(Statement statement,
             connection.prepare(fmt::format("SELECT 1 FROM {}.sqlite_schema WHERE name = ?1", schema)));
  statement.bind(1, name);
  return statement.step();
}

}  // namespace

Status create_kept_tables(Connection& connection) {
  TRY_ASSIGN(const bool versions, has_table(connection, "main", "__murmel_versions"));
  TRY_ASSIGN(const bool past, has_table(connection, "main", "__murmel_past"));
  if (versions && past) return Ok{};
  TRY(connection.execute(sql::kCreateVersions));
  TRY(connection.execute(sql::kCreatePast));
  return capture::adopt_schema(connection);
}

Status keep_row_versions(Connection& connection, const std::vector<KeptVersion>& versions) {
  TRY_ASSIGN(Statement keep, connection.prepare(sql::kKeepVersion));
  for (const KeptVersion& kept : versions) {
    const std::string key = key_bytes(kept.key);
    keep.bind(1, as_bytes(key));
    keep.bind(2, kept.version.version.hlc.value);
    keep.bind(3, std::int64_t{kept.version.version.node});
    keep.bind(4, kept.version.seq);
    keep.bind(5, std::int64_t{kept.version.deleted ? 1 : 0});
    TRY(keep.run());
  }
  return Ok{};
}

Status forget_kept_versions(Connection& connection, core::Hlc watermark) {
  TRY_ASSIGN(const bool present, has_table(connection, "main", "__murmel_versions"));
  if (!present) return Ok{};
  TRY_ASSIGN(Statement forget, connection.prepare(sql::kForgetVersions));
  forget.bind(1, watermark.value);
  return forget.run();
}

Status load_kept_versions(Connection& connection, core::VersionIndex& versions) {
  TRY_ASSIGN(const bool present, has_table(connection, "main", "__murmel_versions"));
  if (!present) return Ok{};
  TRY_ASSIGN(Statement read, connection.prepare(sql::kReadVersions));
  read.bind(1, versions.watermark().value);
  for (;;) {
    TRY_ASSIGN(const bool row, read.step());
    if (!row) return Ok{};
    const core::Version version{core::Hlc{read.integer(1)}, static_cast<NodeId>(read.integer(2))};
    versions.record(key_from(read.blob(0)), {version, read.integer(3), read.integer(4) != 0});
  }
}

Status keep_past(Connection& connection, const KeptPast& past) {
  TRY_ASSIGN(Statement keep, connection.prepare(sql::kKeepPast));
  for (const auto& [author, seen] : past) {
    for (const auto& [origin, seq] : seen) {
      keep.bind(1, std::int64_t{author});
      keep.bind(2, std::int64_t{origin});
      keep.bind(3, seq);
      TRY(keep.run());
    }
  }
  return Ok{};
}

Status load_kept_past(Connection& connection, core::CausalHistory& causal) {
  TRY_ASSIGN(const bool present, has_table(connection, "main", "__murmel_past"));
  if (!present) return Ok{};
  TRY_ASSIGN(Statement read, connection.prepare(sql::kReadPast));
  for (;;) {
    TRY_ASSIGN(const bool row, read.step());
    if (!row) return Ok{};
    causal.learn(static_cast<NodeId>(read.integer(0)),
                 {{static_cast<NodeId>(read.integer(1)), read.integer(2)}});
  }
}

Status take_over_kept_versions(Connection& connection) {
  struct Table {
    const char* name;
    const char* create;
    const char* columns;
  };
  constexpr Table kTables[] = {{"__murmel_versions", sql::kCreateVersions, "key, hlc, node, seq, deleted"},
                               {"__murmel_past", sql::kCreatePast, "author, origin, seq"}};
  for (const Table& table : kTables) {
    TRY(connection.execute(fmt::format("DROP TABLE IF EXISTS main.{}", table.name)));
    TRY_ASSIGN(const bool present, has_table(connection, "snapshot", table.name));
    if (!present) continue;
    TRY(connection.execute(table.create));
    TRY(connection.execute(
        fmt::format("INSERT INTO main.{0}({1}) SELECT {1} FROM snapshot.{0}", table.name, table.columns)));
  }
  return Ok{};
}

}  // namespace murmel::store
