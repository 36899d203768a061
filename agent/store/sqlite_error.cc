#include "agent/store/sqlite_error.h"

#include <fmt/format.h>
#include <sqlite3.h>

#include <cerrno>

namespace murmel::store {
namespace {

bool out_of_space(sqlite3* db) {
  const int system = sqlite3_system_errno(db);
  return system == ENOSPC || system == EDQUOT;
}

ErrorCode translate(sqlite3* db, int code) {
  switch (code & 0xff) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_SCHEMA: return ErrorCode::kBusy;
    case SQLITE_FULL:
    case SQLITE_NOMEM: return ErrorCode::kFull;
    case SQLITE_CONSTRAINT: return ErrorCode::kConflict;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB: return ErrorCode::kCorrupt;
    case SQLITE_ERROR:
    case SQLITE_MISMATCH:
    case SQLITE_TOOBIG:
    case SQLITE_RANGE: return ErrorCode::kInvalid;
    case SQLITE_AUTH:
    case SQLITE_PERM: return ErrorCode::kRefused;
    case SQLITE_MISUSE: return ErrorCode::kInternal;
    default: return out_of_space(db) ? ErrorCode::kFull : ErrorCode::kIo;
  }
}

}  // namespace

Error sqlite_error(sqlite3* db, int code, std::string_view doing) {
  const ErrorCode translated = translate(db, code);
  // With a full disk SQLite's own sentence names no cause that a person could remove.
  const char* advice = translated == ErrorCode::kFull ? "; free some disk space, it goes on by itself" : "";
  return {translated, fmt::format("{}: {} (SQLite code {}){}", doing,
                                  db != nullptr ? sqlite3_errmsg(db) : sqlite3_errstr(code), code, advice)};
}

bool concerns_whole_batch(ErrorCode code) {
  return code == ErrorCode::kBusy || code == ErrorCode::kFull || code == ErrorCode::kIo;
}

}  // namespace murmel::store
