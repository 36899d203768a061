// SqlSession: LOCK TABLES and UNLOCK TABLES.
//
// Among the sessions of this node: who writes to a table that somebody else has locked waits, and so does
// LOCK TABLES for those who are writing. Plain reads wait for nobody, as they read snapshots. A session that
// has locked tables uses no others, as in MySQL.
#include <algorithm>
#include <chrono>

#include "agent/service/sql_session.h"
#include "agent/sql/resolve.h"

namespace murmel::service {
namespace {

constexpr std::monostate kLocked;

}  // namespace

const SqlSession::LockedTable* SqlSession::locked_table(const std::string& database,
                                                        const std::string& table) const {
  const auto found = std::find_if(locked_tables_.begin(), locked_tables_.end(), [&](const LockedTable& one) {
    return one.database == database && sql::same_name(one.table, table);
  });
  return found != locked_tables_.end() ? &*found : nullptr;
}

void SqlSession::unlock_tables() {
  for (auto& [name, held] : table_locks_) held.at->locks().release(held.owner, false);
  table_locks_.clear();
  locked_tables_.clear();
}

// What this session has locked by LOCK TABLES it need not lock for a statement.
std::vector<RowLocks::Wish> SqlSession::without_locked_tables(std::vector<RowLocks::Wish> wishes) const {
  for (const LockedTable& one : locked_tables_) {
    if (one.database != databases_.name()) continue;
    const core::RowKey key = RowLocks::table_key(one.table);
    std::erase_if(wishes, [&](const RowLocks::Wish& wish) { return wish.key == key; });
  }
  return wishes;
}

SqlSession::Done SqlSession::check_locked_tables(const sql::Statement& statement) const {
  if (locked_tables_.empty()) return kLocked;
  for (const sql::TableUse& use : statement.tables) {
    const std::string& database = use.database.empty() ? databases_.name() : use.database;
    if (session::is_info_database(database)) continue;
    const LockedTable* const held = locked_table(database, use.table);
    if (held == nullptr) {
      return mysql::ClientError{1100, "HY000", "Table '" + use.table + "' was not locked with LOCK TABLES"};
    }
    if (use.privilege != kReading && !held->write) {
      return mysql::ClientError{1099, "HY000",
                                "Table '" + use.table + "' was locked with a READ lock and can't be updated"};
    }
  }
  return kLocked;
}

// In the order of their names, so that two sessions do not wait for each other.
SqlSession::Done SqlSession::lock_tables(const sql::AdminCommand& admin) {
  std::vector<LockedTable> wanted;
  for (const sql::AdminCommand::Table& table : admin.tables) {
    const std::string& database = table.database.empty() ? databases_.name() : table.database;
    auto known = known_table(table.database, table.name);
    if (!known.ok()) return known.error();
    if (session::is_info_database(database)) continue;
    if (rights_->may_touch({{database, table.name, "LOCK TABLES"}}, database).has_value()) {
      return accounts::database_denied(rights_->client(), database);
    }
    if (auto refusal = rights_->may_touch({{database, table.name}}, database)) return *refusal;
    wanted.push_back({database, (*known)->name, table.write});
  }
  std::sort(wanted.begin(), wanted.end());
  unlock_tables();
  const RowLocks::Patience patience{
      std::chrono::steady_clock::now() + std::chrono::seconds(state_.variables.number("lock_wait_timeout")),
      [this] { return databases_.opened()->is_interrupted(); }};
  for (const LockedTable& one : wanted) {
    TableLocks& held = table_locks_[one.database];
    if (held.at == nullptr) held.at = databases_.commits_of(one.database);
    if (held.at == nullptr) {
      table_locks_.erase(one.database);
      unlock_tables();
      return mysql::unknown_database(one.database);
    }
    const RowLocks::Wish wish{RowLocks::table_key(one.table),
                              one.write ? RowLocks::kWrite : RowLocks::kShare};
    const RowLocks::Outcome outcome = held.at->locks().lock(held.owner, {&wish, 1}, patience);
    if (outcome == RowLocks::Outcome::kGranted) continue;
    unlock_tables();
    if (outcome == RowLocks::Outcome::kDeadlock) return mysql::deadlock();
    return outcome == RowLocks::Outcome::kTimeout ? mysql::lock_wait_timeout() : mysql::query_interrupted();
  }
  locked_tables_ = std::move(wanted);
  return kLocked;
}

}  // namespace murmel::service
