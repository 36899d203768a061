#include "agent/store/kept_versions.h"

#include <fmt/format.h>

#include <cstdlib>
#include <string>
#include <string_view>

#include "agent/store/capture.h"
#include "agent/store/meta.h"
#include "agent/store/row_key.h"
#include "agent/store/sql.h"

namespace murmel::store {

namespace {

constexpr char kBagsBegin[] = "bags_begin";

Result<bool> has_table(Connection& connection, std::string_view schema, std::string_view name) {
  TRY_ASSIGN(Statement statement,
             connection.prepare(fmt::format("SELECT 1 FROM {}.sqlite_schema WHERE name = ?1", schema)));
  statement.bind(1, name);
  return statement.step();
}

Status write_bag_ops(Connection& connection, const char* sql, const std::vector<KeptBagOp>& ops) {
  TRY_ASSIGN(Statement keep, connection.prepare(sql));
  for (const auto& [bag, op] : ops) {
    const std::string key = bytes_of(bag);
    keep.bind(1, as_bytes(key));
    keep.bind(2, op.place.version.hlc.value);
    keep.bind(3, std::int64_t{op.place.version.node});
    keep.bind(4, op.place.seq);
    keep.bind(5, std::int64_t{op.place.index});
    keep.bind(6, std::int64_t{op.removes ? 1 : 0});
    keep.bind(7, std::int64_t{op.missed ? 1 : 0});
    TRY(keep.run());
  }
  return Ok{};
}

}  // namespace

Status create_kept_tables(Connection& connection) {
  TRY_ASSIGN(const bool versions, has_table(connection, "main", "__murmel_versions"));
  TRY_ASSIGN(const bool past, has_table(connection, "main", "__murmel_past"));
  TRY_ASSIGN(const bool bags, has_table(connection, "main", "__murmel_bag_ops"));
  if (versions && past && bags) return Ok{};
  TRY(connection.execute(sql::kCreateVersions));
  TRY(connection.execute(sql::kCreatePast));
  TRY(connection.execute(sql::kCreateBagOps));
  return capture::adopt_schema(connection);
}

Status keep_row_versions(Connection& connection, const std::vector<KeptVersion>& versions) {
  TRY_ASSIGN(Statement keep, connection.prepare(sql::kKeepVersion));
  for (const KeptVersion& kept : versions) {
    const std::string key = bytes_of(kept.key);
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

Result<core::Hlc> read_bags_begin(Connection& connection) {
  TRY_ASSIGN(const auto text, read_meta(connection, kBagsBegin));
  return core::Hlc{text ? std::strtoll(text->c_str(), nullptr, 10) : 0};
}

Status raise_bags_begin(Connection& connection, core::Hlc begin) {
  TRY_ASSIGN(const core::Hlc before, read_bags_begin(connection));
  if (begin <= before) return Ok{};
  TRY(write_meta(connection, kBagsBegin, begin.value));
  TRY_ASSIGN(const bool present, has_table(connection, "main", "__murmel_bag_ops"));
  if (!present) return Ok{};
  TRY_ASSIGN(Statement forget, connection.prepare(sql::kForgetBagOps));
  forget.bind(1, begin.value);
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
    versions.record(key_of_bytes(read.blob(0)), {version, read.integer(3), read.integer(4) != 0});
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

Status keep_bag_ops(Connection& connection, const std::vector<KeptBagOp>& ops) {
  return write_bag_ops(connection, sql::kKeepBagOp, ops);
}

Status change_bag_ops(Connection& connection, const std::vector<KeptBagOp>& ops) {
  if (ops.empty()) return Ok{};
  TRY(create_kept_tables(connection));
  return write_bag_ops(connection, sql::kChangeBagOp, ops);
}

Status load_kept_bag_ops(Connection& connection, core::BagLedger& bags) {
  TRY_ASSIGN(const bool present, has_table(connection, "main", "__murmel_bag_ops"));
  if (!present) return Ok{};
  TRY_ASSIGN(Statement read, connection.prepare(sql::kReadBagOps));
  for (;;) {
    TRY_ASSIGN(const bool row, read.step());
    if (!row) return Ok{};
    const core::Version version{core::Hlc{read.integer(1)}, static_cast<NodeId>(read.integer(2))};
    const core::BagPlace place{version, read.integer(3), static_cast<std::uint32_t>(read.integer(4))};
    bags.note(key_of_bytes(read.blob(0)), {place, read.integer(5) != 0, read.integer(6) != 0});
  }
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
  constexpr Table kTables[] = {
      {"__murmel_versions", sql::kCreateVersions, "key, hlc, node, seq, deleted"},
      {"__murmel_past", sql::kCreatePast, "author, origin, seq"},
      {"__murmel_bag_ops", sql::kCreateBagOps, "bag, hlc, node, seq, idx, removes, missed"}};
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
