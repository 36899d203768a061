#include "agent/store/conflict_log.h"

#include <nlohmann/json.hpp>
#include <utility>

#include "agent/store/record_dump.h"
#include "agent/store/row_json.h"
#include "agent/store/sql.h"

namespace murmel::store {
namespace {

constexpr std::int64_t kBoundEvery = 64;

std::string_view reason_name(ConflictReason reason) {
  switch (reason) {
    case ConflictReason::kConcurrent: return "concurrent";
    case ConflictReason::kUnique: return "unique";
    case ConflictReason::kRepaired: return "repaired";
    case ConflictReason::kUnapplied: return "unapplied";
  }
  return "";
}

std::string row_text(const wire::Table& table, std::span<const wire::Value> row) {
  return row.empty() ? std::string() : json_text(row_to_json(table, row));
}

void bind_version(Statement& statement, int first, const core::RowVersion& version) {
  statement.bind(first, std::int64_t{version.version.node});
  statement.bind(first + 1, version.seq);
  statement.bind(first + 2, version.version.hlc.value);
}

void bind_row(Statement& statement, int parameter, const std::string& row) {
  if (row.empty()) return statement.bind_null(parameter);
  statement.bind(parameter, std::string_view(row));
}

}  // namespace

Result<ConflictLog> ConflictLog::create(Connection& connection, std::int64_t rows_max,
                                        std::function<WallMs()> clock) {
  TRY_ASSIGN(Statement add, connection.prepare(sql::kAddConflict));
  TRY_ASSIGN(Statement bound, connection.prepare(sql::kBoundConflicts));
  TRY_ASSIGN(Statement list, connection.prepare(sql::kListConflicts));
  TRY_ASSIGN(Statement count, connection.prepare(sql::kCountConflicts));
  return ConflictLog(std::move(add), std::move(bound), std::move(list), std::move(count), rows_max,
                     std::move(clock));
}

ConflictLog::ConflictLog(Statement add, Statement bound, Statement list, Statement count,
                         std::int64_t rows_max, std::function<WallMs()> clock)
    : add_(std::move(add)),
      bound_(std::move(bound)),
      list_(std::move(list)),
      count_(std::move(count)),
      rows_max_(rows_max),
      clock_(std::move(clock)) {}

Status ConflictLog::add_unapplied(const core::ChangeSet& change, const std::string& error) {
  const std::string key = json_text({{"origin", change.origin}, {"seq", change.seq}, {"error", error}});
  TRY_ASSIGN(const std::string record, record_to_json(change));
  add_.bind(1, clock_());
  add_.bind(2, std::string_view());
  add_.bind(3, reason_name(ConflictReason::kUnapplied));
  add_.bind(4, std::string_view(key));
  bind_version(add_, 5, {});
  bind_version(add_, 8, {{change.hlc, change.origin}, change.seq});
  bind_row(add_, 11, {});
  bind_row(add_, 12, record);
  return finish_add();
}

Status ConflictLog::add(const ConflictEntry& entry) {
  const std::string key = json_text(key_to_json(*entry.table, entry.key));
  const std::string winner = row_text(*entry.table, entry.winner_row);
  const std::string loser = row_text(*entry.table, entry.loser_row);
  add_.bind(1, clock_());
  add_.bind(2, entry.table->name);
  add_.bind(3, reason_name(entry.reason));
  add_.bind(4, std::string_view(key));
  bind_version(add_, 5, entry.winner);
  bind_version(add_, 8, entry.loser);
  bind_row(add_, 11, winner);
  bind_row(add_, 12, loser);
  return finish_add();
}

Status ConflictLog::finish_add() {
  TRY(add_.run());
  if (++added_ % kBoundEvery != 0) return Ok{};
  bound_.bind(1, rows_max_);
  return bound_.run();
}

Result<std::vector<Conflict>> ConflictLog::list(std::int64_t limit) {
  std::vector<Conflict> conflicts;
  list_.bind(1, limit);
  for (;;) {
    TRY_ASSIGN(const bool row, list_.step());
    if (!row) return conflicts;
    Conflict conflict;
    conflict.id = list_.integer(0);
    conflict.at = list_.integer(1);
    conflict.table = list_.text(2);
    conflict.reason = list_.text(3);
    conflict.key = list_.text(4);
    conflict.winner = {static_cast<NodeId>(list_.integer(5)), list_.integer(6)};
    conflict.winner_hlc = core::Hlc{list_.integer(7)};
    conflict.loser = {static_cast<NodeId>(list_.integer(8)), list_.integer(9)};
    conflict.loser_hlc = core::Hlc{list_.integer(10)};
    conflict.winner_row = list_.text(11);
    conflict.loser_row = list_.text(12);
    conflicts.push_back(std::move(conflict));
  }
}

Result<std::int64_t> ConflictLog::count() {
  const ResetAtEnd reset(count_);
  TRY_ASSIGN(const bool row, count_.step());
  return row ? count_.integer(0) : 0;
}

}  // namespace murmel::store
