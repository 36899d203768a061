#include "agent/store/statement_pool.h"

#include <sqlite3.h>

namespace murmel::store {

void StatementPool::forget(Order::iterator idle) noexcept {
  for (auto [at, end] = by_text_.equal_range(idle->sql); at != end; ++at) {
    if (at->second != idle) continue;
    by_text_.erase(at);
    break;
  }
  idle_.erase(idle);
}

sqlite3_stmt* StatementPool::take(std::string_view sql) {
  const auto found = by_text_.find(sql);
  if (found == by_text_.end()) return nullptr;
  const auto idle = found->second;
  sqlite3_stmt* const statement = idle->statement;
  if (spare_.size() < kSpareMost) {
    spare_.splice(spare_.begin(), idle_, idle);
    spare_names_.push_back(by_text_.extract(found));
  } else {
    by_text_.erase(found);
    idle_.erase(idle);
  }
  return statement;
}

// What the reset repeats was told by the step that failed.
void StatementPool::give_back(sqlite3_stmt* statement) noexcept {
  sqlite3_reset(statement);
  sqlite3_clear_bindings(statement);
  if (idle_.size() >= kMost) {
    sqlite3_stmt* const oldest = idle_.back().statement;
    forget(std::prev(idle_.end()));
    sqlite3_finalize(oldest);
  }
  const Idle idle{statement, sqlite3_sql(statement)};
  if (spare_.empty()) {
    idle_.push_front(idle);
    by_text_.emplace(idle.sql, idle_.begin());
    return;
  }
  idle_.splice(idle_.begin(), spare_, spare_.begin());
  idle_.front() = idle;
  ByText::node_type name = std::move(spare_names_.back());
  spare_names_.pop_back();
  name.key() = idle.sql;
  name.mapped() = idle_.begin();
  by_text_.insert(std::move(name));
}

int StatementPool::take_or_prepare(sqlite3* connection, std::string_view sql, sqlite3_stmt** statement) {
  *statement = take(sql);
  if (*statement != nullptr) return SQLITE_OK;
  return sqlite3_prepare_v3(connection, sql.data(), static_cast<int>(sql.size()), SQLITE_PREPARE_PERSISTENT,
                            statement, nullptr);
}

int StatementPool::run(sqlite3* connection, std::string_view sql) {
  sqlite3_stmt* statement = nullptr;
  int code = take_or_prepare(connection, sql, &statement);
  if (code != SQLITE_OK) return code;
  do code = sqlite3_step(statement);
  while (code == SQLITE_ROW);
  give_back(statement);
  return code == SQLITE_DONE ? SQLITE_OK : code;
}

void StatementPool::clear() noexcept {
  by_text_.clear();
  for (const Idle& idle : idle_) sqlite3_finalize(idle.statement);
  idle_.clear();
}

}  // namespace murmel::store
