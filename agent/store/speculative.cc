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
constexpr char kBeginReading[] = "BEGIN; SELECT 1 FROM sqlite_schema LIMIT 1";

Status run(sqlite3* handle, const char* sql) {
  const int code = sqlite3_exec(handle, sql, nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) return sqlite_error(handle, code, sql);
  return Ok{};
}

// A rollback fails only where there is nothing to roll back.
void roll_back(sqlite3* handle) {
  if (sqlite3_get_autocommit(handle) == 0) (void)run(handle, "ROLLBACK");
}

}  // namespace

Result<std::unique_ptr<Speculative>> Speculative::open(const std::string& path) {
  sqlite3* handle = nullptr;
  const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE | SQLITE_OPEN_URI;
  const int code = sqlite3_open_v2(path.c_str(), &handle, flags, speculative_vfs());
  std::unique_ptr<Speculative> speculative(new Speculative(handle));
  if (code != SQLITE_OK) return sqlite_error(handle, code, "can't open " + path);
  return speculative;
}

Speculative::~Speculative() {
  end();
  sqlite3_close_v2(handle_);
}

// The copy may be newer than what the companion reads: an older reader holds back even more.
Status Speculative::begin(sqlite3* companion) {
  TRY(run(companion, kBeginReading));
  companion_ = companion;
  const auto version = refresh_wal_index(handle_);
  Status begun = version.ok() ? Status(Ok{}) : Status(version.error());
  if (begun.ok() && !configured_) begun = run(handle_, kConfigure);
  if (begun.ok()) begun = run(handle_, "BEGIN");
  if (!begun.ok()) {
    end();
    return begun;
  }
  configured_ = true;
  version_ = *version;
  return Ok{};
}

void Speculative::end() {
  if (companion_ == nullptr) return;
  // One that went on reading would do so without the companion's protection.
  for (sqlite3_stmt* statement = sqlite3_next_stmt(handle_, nullptr); statement != nullptr;
       statement = sqlite3_next_stmt(handle_, statement)) {
    if (sqlite3_stmt_busy(statement) != 0) sqlite3_reset(statement);
  }
  roll_back(handle_);
  roll_back(companion_);
  companion_ = nullptr;
}

std::int64_t Speculative::page_bytes() const {
  int now = 0;
  int most = 0;
  sqlite3_db_status(handle_, SQLITE_DBSTATUS_CACHE_USED, &now, &most, 0);
  return now;
}

}  // namespace murmel::store
