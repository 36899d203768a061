#include "agent/store/speculative.h"

#include <sqlite3.h>

#include "agent/store/sqlite_error.h"

namespace murmel::store {
namespace {

constexpr char kConfigure[] =
    "PRAGMA cache_spill=OFF;"
    "PRAGMA temp_store=MEMORY;"
    "PRAGMA cache_size=-8192;"
    "PRAGMA wal_autocheckpoint=0";
// Reads a page, and so takes a snapshot.
constexpr char kRead[] = "SELECT 1 FROM sqlite_schema LIMIT 1";

Status run(sqlite3* handle, StatementPool& statements, const char* sql) {
  const int code = statements.run(handle, sql);
  if (code != SQLITE_OK) return sqlite_error(handle, code, sql);
  return Ok{};
}

// A rollback fails only where there is nothing to roll back.
void roll_back(sqlite3* handle, StatementPool& statements) {
  if (sqlite3_get_autocommit(handle) == 0) (void)statements.run(handle, "ROLLBACK");
}

}  // namespace

Result<std::unique_ptr<Speculative>> Speculative::open(const std::string& path, sqlite3* companion) {
  sqlite3* handle = nullptr;
  const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE | SQLITE_OPEN_URI;
  const int code = sqlite3_open_v2(path.c_str(), &handle, flags, speculative_vfs());
  std::unique_ptr<Speculative> speculative(new Speculative(handle, companion));
  if (code != SQLITE_OK) return sqlite_error(handle, code, "can't open " + path);
  return speculative;
}

Speculative::~Speculative() {
  end();
  statements_.clear();
  companions_.clear();
  sqlite3_close_v2(handle_);
}

Status Speculative::begin() {
  active_ = true;
  const Status begun = begin_reading();
  if (!begun.ok()) end();
  return begun;
}

// The copy may be newer than what the companion reads: an older reader holds back even more.
Status Speculative::begin_reading() {
  TRY(run(companion_, companions_, "BEGIN"));
  TRY(run(companion_, companions_, kRead));
  TRY_ASSIGN(version_, refresh_wal_index(handle_));
  if (!configured_ && sqlite3_exec(handle_, kConfigure, nullptr, nullptr, nullptr) != SQLITE_OK) {
    return sqlite_error(handle_, sqlite3_extended_errcode(handle_), kConfigure);
  }
  configured_ = true;
  return run(handle_, statements_, "BEGIN");
}

void Speculative::end() {
  if (!active_) return;
  // One that went on reading would do so without the companion's protection.
  for (sqlite3_stmt* statement = sqlite3_next_stmt(handle_, nullptr); statement != nullptr;
       statement = sqlite3_next_stmt(handle_, statement)) {
    if (sqlite3_stmt_busy(statement) != 0) sqlite3_reset(statement);
  }
  roll_back(handle_, statements_);
  roll_back(companion_, companions_);
  active_ = false;
}

std::int64_t Speculative::page_bytes() const {
  int now = 0;
  int most = 0;
  sqlite3_db_status(handle_, SQLITE_DBSTATUS_CACHE_USED, &now, &most, 0);
  return now;
}

}  // namespace murmel::store
