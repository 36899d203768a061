#include "agent/store/kept_versions.h"

#include <string>
#include <string_view>

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

Result<bool> has_table(Connection& connection, std::string_view has_it) {
  TRY_ASSIGN(const std::int64_t found, connection.integer(has_it));
  return found > 0;
}

}  // namespace

Status keep_row_versions(Connection& connection, const std::vector<KeptVersion>& versions) {
  if (versions.empty()) return Ok{};
  TRY(connection.execute(sql::kCreateVersions));
  TRY_ASSIGN(Statement keep, connection.prepare(sql::kKeepVersion));
  for (const KeptVersion& kept : versions) {
    const std::string key = key_bytes(kept.key);
    keep.bind(1, as_bytes(key));
    keep.bind(2, kept.version.version.hlc.value);
    keep.bind(3, std::int64_t{kept.version.version.node});
    keep.bind(4, kept.version.seq);
    TRY(keep.run());
  }
  return Ok{};
}

Status forget_kept_versions(Connection& connection, core::Hlc watermark) {
  TRY_ASSIGN(const bool present, has_table(connection, sql::kHasVersions));
  if (!present) return Ok{};
  TRY_ASSIGN(Statement forget, connection.prepare(sql::kForgetVersions));
  forget.bind(1, watermark.value);
  return forget.run();
}

Status load_kept_versions(Connection& connection, core::VersionIndex& versions) {
  TRY_ASSIGN(const bool present, has_table(connection, sql::kHasVersions));
  if (!present) return Ok{};
  TRY_ASSIGN(Statement read, connection.prepare(sql::kReadVersions));
  read.bind(1, versions.watermark().value);
  for (;;) {
    TRY_ASSIGN(const bool row, read.step());
    if (!row) return Ok{};
    const core::Version version{core::Hlc{read.integer(1)}, static_cast<NodeId>(read.integer(2))};
    versions.record(key_from(read.blob(0)), {version, read.integer(3)});
  }
}

Status take_over_kept_versions(Connection& connection) {
  TRY(connection.execute("DROP TABLE IF EXISTS main.__murmel_versions"));
  TRY_ASSIGN(const bool present, has_table(connection, sql::kSnapshotHasVersions));
  if (!present) return Ok{};
  TRY(connection.execute(sql::kCreateVersions));
  return connection.execute("INSERT INTO main.__murmel_versions SELECT * FROM snapshot.__murmel_versions");
}

}  // namespace murmel::store
